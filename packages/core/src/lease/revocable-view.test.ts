import { EventEmitter } from "node:events";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createRevocableView, MemberViews } from "./revocable-view.js";

class Client {
  #secret = "kept";
  marks: string[] = [];
  pending = Promise.withResolvers<string>();

  query(): Promise<string> {
    return this.pending.promise;
  }

  on(mark: string): this {
    this.marks.push(mark);
    return this;
  }

  end(): string {
    return this.#secret;
  }

  tell(): string {
    return this.#secret;
  }
}

function createView(client = new Client()) {
  let cleanUps = 0;
  const view = createRevocableView(client, {
    replacementOf: (property) => (property === "end" ? () => "left open" : undefined),
    refuse(property) {
      if (property === "query") return Promise.reject(new Error("the lease has ended"));
      throw new Error("the lease has ended");
    },
    cleanUp: () => {
      cleanUps++;
    },
  });
  return { client, ...view, cleanUps: () => cleanUps };
}

/** The reasons of the rejections that `work` leaves unhandled. */
async function unhandledAfter(work: () => void): Promise<unknown[]> {
  const reasons: unknown[] = [];
  // Vitest's own would fail the run.
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (reason) => reasons.push(reason));
  try {
    work();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  }
  return reasons;
}

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

describe("a revocable view", () => {
  it("works like the object itself, private fields included", () => {
    const { db } = createView();
    expect(db).toBeInstanceOf(Client);
    expect(db.tell()).toBe("kept");
    expect(db.query).toBe(db.query);
  });

  it("keeps assigned properties to itself: neither the object nor other views have them", () => {
    const { client, db } = createView();
    const original = db.tell;
    db.tell = () => `wrapped ${original()}`;
    Object.assign(db, { tenant: "A" });
    expect(db.tell()).toBe("wrapped kept");
    expect("tenant" in db).toBe(true);
    expect(client.tell()).toBe("kept");
    expect("tenant" in client).toBe(false);
    Reflect.deleteProperty(db, "tell");
    expect(db.tell()).toBe("kept");
  });

  it("accepts another value for a property that was assigned before", () => {
    const { db } = createView();
    const tenants = ["A", "B"].map((tenant) => Reflect.get(Object.assign(db, { tenant }), "tenant"));
    expect(tenants).toEqual(["A", "B"]);
    Object.freeze(db);
    expect(Reflect.set(db, "tenant", "C")).toBe(false);
    expect(Reflect.get(db, "tenant")).toBe("B");
  });

  it("has the object's members and no others", () => {
    const { db } = createView();
    expect(["marks", "tell", "toString", "nothing"].map((name) => name in db)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("reports a member that the object does not enumerate as such", () => {
    const target = Object.defineProperty({ shown: 1 }, "hidden", { value: 2 });
    const rules = { replacementOf: () => undefined, refuse: () => undefined, cleanUp: () => undefined };
    const { db } = createRevocableView(target, rules);
    expect(Object.keys(db)).toEqual(["shown"]);
    expect(Reflect.get(db, "hidden")).toBe(2);
  });

  it("is the prototype of other objects, whose properties are their own", () => {
    const { client, db } = createView();
    const heir: { tenant?: string } & Client = Object.create(db);
    heir.tenant = "A";
    expect(heir.tell()).toBe("kept");
    expect(Object.keys(heir)).toEqual(["tenant"]);
    expect("tenant" in db || "tenant" in client).toBe(false);
  });

  it("accepts a prototype, which only this view has", () => {
    const { client, db } = createView();
    Object.setPrototypeOf(db, { tenant: "A", tell: () => "stolen" });
    expect(Reflect.get(db, "tenant")).toBe("A");
    expect(db.tell()).toBe("stolen");
    expect(db.marks).toBe(client.marks);
    expect(Object.getPrototypeOf(client)).toBe(Client.prototype);
    expect(createView(client).db.tell()).toBe("kept");
  });

  it("has the object's methods again when it gets its prototype back, or another one is refused", () => {
    const { db, revoke } = createView();
    Object.setPrototypeOf(db, { tell: () => "stolen" });
    Object.setPrototypeOf(db, Client.prototype);
    expect(db.tell()).toBe("kept");
    Object.preventExtensions(db);
    expect(Reflect.setPrototypeOf(db, { tell: () => "stolen" })).toBe(false);
    expect(db.tell()).toBe("kept");
    revoke();
    expect(() => db.tell()).toThrow("the lease has ended");
  });

  it("accepts a prototype by __proto__ too", () => {
    const { client, db } = createView();
    Reflect.set(db, "__proto__", { tenant: "A" });
    expect(Reflect.get(db, "tenant")).toBe("A");
    expect(Object.keys(db)).not.toContain("__proto__");
    expect("tenant" in client).toBe(false);
  });

  it.each([
    ["Object.preventExtensions", Object.preventExtensions, Object.isExtensible, false],
    ["Object.seal", Object.seal, Object.isSealed, true],
    ["Object.freeze", Object.freeze, Object.isFrozen, true],
  ])("accepts %s, which affects only this view", (_, close, isClosed, expected) => {
    const { client, db } = createView();
    Object.assign(db, { before: 1 });
    expect(close(db)).toBe(db);
    expect(isClosed(db)).toBe(expected);
    expect(() => Object.assign(db, { tenant: "A" })).toThrow(TypeError);
    expect(db.tell()).toBe("kept");
    expect(db.marks).toBe(client.marks);
    expect(Object.keys(db).sort()).toEqual(["before", "marks", "pending"]);
    expect(Object.isExtensible(client)).toBe(true);
    client.marks = ["changed"];
    Object.assign(client, { later: 1 });
    expect(Object.keys(db).sort()).toEqual(["before", "marks", "pending"]);
    const next = createView(client).db;
    Object.assign(next, { tenant: "B" });
    expect(next.marks).toEqual(["changed"]);
  });

  it("supports defining, changing and deleting properties, as any object does", () => {
    const { client, db } = createView();
    let computed = 1;
    Object.defineProperty(db, "fixed", { value: 1 });
    Object.defineProperty(db, "computed", {
      get: () => computed,
      set: (value: number) => {
        computed = value;
      },
      configurable: true,
    });
    Object.defineProperty(db, "marks", { value: ["mine"] });
    expect(() => Object.assign(db, { fixed: 2 })).toThrow(TypeError);
    Object.assign(db, { computed: 5 });
    expect({ ...Object.getOwnPropertyDescriptor(db, "computed"), computed }).toMatchObject({ computed: 5 });
    expect(Object.getOwnPropertyDescriptor(db, "marks")).toEqual({
      value: ["mine"],
      writable: true,
      enumerable: true,
      configurable: true,
    });
    expect(Reflect.deleteProperty(db, "fixed")).toBe(false);
    expect(Reflect.deleteProperty(db, "marks")).toBe(true);
    expect(db.marks).toBe(client.marks);
    expect(Object.keys(client)).toEqual(["marks", "pending"]);
  });

  it("runs a setter of its class on the view, not on the object", () => {
    class Guarded {
      heard: unknown;
      set level(value: unknown) {
        this.heard = value;
      }
    }
    const target = new Guarded();
    const rules = { replacementOf: () => undefined, refuse: () => undefined, cleanUp: () => undefined };
    const { db } = createRevocableView(target, rules);
    db.level = 5;
    expect(db.heard).toBe(5);
    expect(target.heard).toBeUndefined();
  });

  it("prints as the object itself", () => {
    const { client, db } = createView();
    expect(inspect(db)).toBe(inspect(client));
    expect(inspect({ db }, { depth: 0 })).toBe(inspect({ db: client }, { depth: 0 }));
  });

  it("prints as its handler wants, if it has got an inspector", () => {
    const { client, db } = createView();
    Object.assign(db, { [INSPECT]: () => "assigned" });
    expect(inspect(db)).toBe("assigned");
    Object.defineProperty(db, INSPECT, { get: () => () => "computed" });
    expect(inspect(db)).toBe("computed");
    expect(inspect(createView(client).db)).toBe(inspect(client));
  });

  it("also revokes methods that were read by descriptors and copies", () => {
    const target = { tell: () => "own" };
    const refuse = (): never => {
      throw new Error("the lease has ended");
    };
    const { db, revoke } = createRevocableView(target, {
      replacementOf: () => undefined,
      refuse,
      cleanUp: () => undefined,
    });
    const copy = { ...db };
    const described = Object.getOwnPropertyDescriptor(db, "tell")?.value;
    revoke();
    expect(() => copy.tell()).toThrow("the lease has ended");
    expect(described).toThrow("the lease has ended");
  });

  it("returns classes among its members unchanged", () => {
    const target = { Promise, Client };
    const { db } = createRevocableView(target, {
      replacementOf: () => undefined,
      refuse: () => undefined,
      cleanUp: () => undefined,
    });
    expect(db.Promise).toBe(Promise);
    expect(new db.Client()).toBeInstanceOf(Client);
  });

  it("never returns the object itself, not even from a chain of calls", () => {
    const { client, db } = createView();
    expect(db.on("a").on("b")).toBe(db);
    expect(client.marks).toEqual(["a", "b"]);
  });

  it("replaces the methods that the rules replace, also after it is revoked", () => {
    const { db, revoke } = createView();
    expect(db.end()).toBe("left open");
    revoke();
    expect(db.end()).toBe("left open");
  });

  it("refuses every use after it is revoked, also by a method that was read before", async () => {
    const { db, revoke, cleanUps } = createView();
    const { query, tell } = db;
    revoke();
    await expect(query()).rejects.toThrow("the lease has ended");
    expect(tell).toThrow("the lease has ended");
    expect(() => db.tell()).toThrow("the lease has ended");
    expect(cleanUps()).toBe(1);
  });

  it("passes on results and failures", async () => {
    const { client, db } = createView();
    const answer = db.query();
    client.pending.resolve("row");
    expect(await answer).toBe("row");
    client.pending = Promise.withResolvers();
    const failure = db.query();
    client.pending.reject(new Error("refused"));
    await expect(failure).rejects.toThrow("refused");
  });

  it("causes no unhandled rejection if a call fails after the lease", async () => {
    const { client, db, revoke } = createView();
    const unhandled = await unhandledAfter(() => {
      void db.query();
      revoke();
      client.pending.reject(new Error("the connection was closed"));
      void db.query();
    });
    expect(unhandled).toEqual([]);
  });

  it("leaves it unhandled, as the object does, if a call fails during the lease", async () => {
    const { client, db } = createView();
    const refused = new Error("refused");
    const unhandled = await unhandledAfter(() => {
      void db.query();
      client.pending.reject(refused);
    });
    expect(unhandled).toEqual([refused]);
  });

  it("fails in the way that the rules choose, which may be to return nothing", () => {
    const { db, revoke } = createRevocableView(new Client(), {
      replacementOf: () => undefined,
      refuse: () => undefined,
      cleanUp: () => undefined,
    });
    revoke();
    expect(db.tell()).toBeUndefined();
  });
});

describe("views of the objects below", () => {
  class Socket extends EventEmitter {
    isAlive = true;
    readonly options = { servername: "localhost" };
    readonly bytes = Buffer.from("abc");
    readonly queue = ["first"];
    readonly nothing = null;
    readonly handles = new Map([[1, "handle"]]);

    async *[Symbol.asyncIterator](): AsyncGenerator<string> {
      yield "data";
    }

    destroy(): this {
      this.isAlive = false;
      return this;
    }

    getPeer(): string {
      return "peer";
    }
  }

  function createMemberView() {
    let uses = 0;
    const socket = new Socket();
    const members = new MemberViews(() => {
      uses++;
    });
    const view = members.viewOf(socket);
    if (!(view instanceof Socket)) throw new Error("it is no socket");
    return { socket, view, members, uses: () => uses };
  }

  it("exist at any depth, and are the same each time", () => {
    const { socket, view, members } = createMemberView();
    expect(view).not.toBe(socket);
    expect(members.viewOf(socket)).toBe(view);
    Object.assign(view.options, { servername: "elsewhere" });
    expect(view.options.servername).toBe("elsewhere");
    expect(socket.options.servername).toBe("localhost");
    expect(view.bytes).toBe(socket.bytes);
    view.queue.push("mine");
    expect(socket.queue).toEqual(["first"]);
    expect(view.queue).toEqual(["first"]);
    expect(view.nothing).toBeNull();
  });

  it.each<[string, object]>([
    ["promises", Promise.resolve()],
    ["errors", new Error("lost")],
    ["dates", new Date(0)],
    ["regular expressions", /a/],
    ["bytes", new Uint8Array(1)],
  ])("are no views for %s, which Node's functions accept as they are only", (_, value) => {
    const { members } = createMemberView();
    expect(members.viewOf(value)).toBe(value);
  });

  it("have the methods of an emitter for emitters only", () => {
    const { members } = createMemberView();
    const calls: unknown[][] = [];
    const plain = { on: (...args: unknown[]) => calls.push(args) };
    const view = members.viewOf(plain);
    expect(Reflect.apply(Reflect.get(Object(view), "on"), view, ["data"])).toBe(1);
    expect(calls).toEqual([["data"]]);
  });

  it("report calls of methods that may change the object, and none of methods that only read", () => {
    const { socket, view, uses } = createMemberView();
    expect(view.getPeer()).toBe("peer");
    expect(view.listenerCount("data")).toBe(0);
    expect(view.on("data", () => undefined)).toBe(view);
    expect([...view.handles]).toEqual([[1, "handle"]]);
    expect(uses()).toBe(0);
    expect(view.destroy()).toBe(view);
    expect(socket.isAlive).toBe(false);
    expect(uses()).toBe(1);
  });

  it("report a loop over what arrives, which takes it from the object", async () => {
    const { view, uses } = createMemberView();
    for await (const data of view) expect(data).toBe("data");
    expect(uses()).toBe(1);
  });

  it("refuse every use after they are revoked, and their listeners are removed", () => {
    const { socket, view, members } = createMemberView();
    const heard: unknown[] = [];
    view.on("data", (data) => heard.push(data));
    socket.emit("data", 1);
    members.revoke();
    socket.emit("data", 2);
    expect(heard).toEqual([1]);
    expect(() => view.destroy()).toThrow(expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }));
    expect(socket.isAlive).toBe(true);
  });

  it("refuse every use also if they are used for the first time after they are revoked", () => {
    const { socket, view, members } = createMemberView();
    const { options } = view;
    members.revoke();
    const late = members.viewOf(new Socket());
    if (!(late instanceof Socket)) throw new Error("it is no socket");
    expect(() => late.destroy()).toThrow(expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }));
    expect(late.isAlive).toBe(true);
    expect(options.servername).toBe(socket.options.servername);
  });

  it("are revoked without effect if none was used", () => {
    const members = new MemberViews(() => undefined);
    expect(() => members.revoke()).not.toThrow();
  });
});
