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

function lend(client = new Client()) {
  let cleanUps = 0;
  const loan = createRevocableView(client, {
    replacementOf: (property) => (property === "end" ? () => "left open" : undefined),
    refuse(property) {
      if (property === "query") return Promise.reject(new Error("the loan has ended"));
      throw new Error("the loan has ended");
    },
    cleanUp: () => {
      cleanUps++;
    },
  });
  return { client, ...loan, cleanUps: () => cleanUps };
}

describe("a borrowed object", () => {
  it("is used like the object itself, private state included", () => {
    const { db } = lend();
    expect(db).toBeInstanceOf(Client);
    expect(db.tell()).toBe("kept");
    expect(db.query).toBe(db.query);
  });

  it("keeps what its borrower writes from the object and from other borrowers", () => {
    const { client, db } = lend();
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

  it("takes a prototype for the time of the loan, as any object does", () => {
    const { client, db } = lend();
    Object.setPrototypeOf(db, { tenant: "A", tell: () => "stolen" });
    expect(Reflect.get(db, "tenant")).toBe("A");
    expect(db.tell()).toBe("stolen");
    expect(db.marks).toBe(client.marks);
    expect(Object.getPrototypeOf(client)).toBe(Client.prototype);
    expect(lend(client).db.tell()).toBe("kept");
  });

  it("takes a prototype by __proto__ too", () => {
    const { client, db } = lend();
    Reflect.set(db, "__proto__", { tenant: "A" });
    expect(Reflect.get(db, "tenant")).toBe("A");
    expect(Object.keys(db)).not.toContain("__proto__");
    expect("tenant" in client).toBe(false);
  });

  it.each([
    ["Object.preventExtensions", Object.preventExtensions, Object.isExtensible, false],
    ["Object.seal", Object.seal, Object.isSealed, true],
    ["Object.freeze", Object.freeze, Object.isFrozen, true],
  ])("is subject to %s for the time of the loan", (_, close, isClosed, expected) => {
    const { client, db } = lend();
    Object.assign(db, { before: 1 });
    expect(close(db)).toBe(db);
    expect(isClosed(db)).toBe(expected);
    expect(() => Object.assign(db, { tenant: "A" })).toThrow(TypeError);
    expect(db.tell()).toBe("kept");
    expect(db.marks).toBe(client.marks);
    expect(Object.keys(db).sort()).toEqual(["before", "marks", "pending"]);
    expect(Object.isExtensible(client)).toBe(true);
    client.marks = ["changed"];
    const next = lend(client).db;
    Object.assign(next, { tenant: "B" });
    expect(next.marks).toEqual(["changed"]);
  });

  it("has properties defined, changed and deleted, as any object does", () => {
    const { client, db } = lend();
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

  it("runs a setter of its class on what is lent", () => {
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
    const { client, db } = lend();
    expect(inspect(db)).toBe(inspect(client));
    expect(inspect({ db }, { depth: 0 })).toBe(inspect({ db: client }, { depth: 0 }));
  });

  it("shows methods as it hands them out, also by descriptors and copies", () => {
    const target = { tell: () => "own" };
    const refuse = (): never => {
      throw new Error("the loan has ended");
    };
    const { db, revoke } = createRevocableView(target, {
      replacementOf: () => undefined,
      refuse,
      cleanUp: () => undefined,
    });
    const copy = { ...db };
    const described = Object.getOwnPropertyDescriptor(db, "tell")?.value;
    revoke();
    expect(() => copy.tell()).toThrow("the loan has ended");
    expect(described).toThrow("the loan has ended");
  });

  it("has classes among its members as they are", () => {
    const target = { Promise, Client };
    const { db } = createRevocableView(target, {
      replacementOf: () => undefined,
      refuse: () => undefined,
      cleanUp: () => undefined,
    });
    expect(db.Promise).toBe(Promise);
    expect(new db.Client()).toBeInstanceOf(Client);
  });

  it("never hands out the object itself, not even from a chain of calls", () => {
    const { client, db } = lend();
    expect(db.on("a").on("b")).toBe(db);
    expect(client.marks).toEqual(["a", "b"]);
  });

  it("has its owner's own answers to some calls, during and after the loan", () => {
    const { db, revoke } = lend();
    expect(db.end()).toBe("left open");
    revoke();
    expect(db.end()).toBe("left open");
  });

  it("is out of reach once the loan was revoked, also by a method that was taken before", async () => {
    const { db, revoke, cleanUps } = lend();
    const { query, tell } = db;
    revoke();
    await expect(query()).rejects.toThrow("the loan has ended");
    expect(tell).toThrow("the loan has ended");
    expect(() => db.tell()).toThrow("the loan has ended");
    expect(cleanUps()).toBe(1);
  });

  it("passes results and failures on", async () => {
    const { client, db } = lend();
    const answer = db.query();
    client.pending.resolve("row");
    expect(await answer).toBe("row");
    client.pending = Promise.withResolvers();
    const failure = db.query();
    client.pending.reject(new Error("refused"));
    await expect(failure).rejects.toThrow("refused");
  });

  it("handles a failure whose caller is gone after the lease", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => {
      unhandled.push(reason);
    };
    process.on("unhandledRejection", note);
    const { client, db, revoke } = lend();
    void db.query();
    revoke();
    client.pending.reject(new Error("the connection was closed"));
    void db.query();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

describe("the objects below a lent one", () => {
  class Socket extends EventEmitter {
    isAlive = true;
    readonly options = { servername: "localhost" };
    readonly bytes = Buffer.from("abc");
    readonly queue = ["first"];

    destroy(): this {
      this.isAlive = false;
      return this;
    }

    getPeer(): string {
      return "peer";
    }
  }

  function lendBelow() {
    let uses = 0;
    const socket = new Socket();
    const members = new MemberViews(() => {
      uses++;
    });
    const lent = members.viewOf(socket);
    if (!(lent instanceof Socket)) throw new Error("it is no socket");
    return { socket, lent, members, uses: () => uses };
  }

  it("are lent along, to any depth, and the same each time", () => {
    const { socket, lent, members } = lendBelow();
    expect(lent).not.toBe(socket);
    expect(members.viewOf(socket)).toBe(lent);
    Object.assign(lent.options, { servername: "elsewhere" });
    expect(lent.options.servername).toBe("elsewhere");
    expect(socket.options.servername).toBe("localhost");
    expect(lent.bytes).toBe(socket.bytes);
    lent.queue.push("mine");
    expect(socket.queue).toEqual(["first"]);
  });

  it("report a method that may change something, and none that only reads", () => {
    const { socket, lent, uses } = lendBelow();
    expect(lent.getPeer()).toBe("peer");
    expect(lent.listenerCount("data")).toBe(0);
    lent.on("data", () => undefined);
    expect(uses()).toBe(0);
    expect(lent.destroy()).toBe(lent);
    expect(socket.isAlive).toBe(false);
    expect(uses()).toBe(1);
  });

  it("are out of reach after the loan, and hear of nothing", () => {
    const { socket, lent, members } = lendBelow();
    const heard: unknown[] = [];
    lent.on("data", (data) => heard.push(data));
    socket.emit("data", 1);
    members.revoke();
    socket.emit("data", 2);
    expect(heard).toEqual([1]);
    expect(() => lent.destroy()).toThrow(expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }));
    expect(socket.isAlive).toBe(true);
  });
});
