import { PassThrough } from "node:stream";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { resolveOptions } from "@rds-proxy/core/adapter";
import { type Connection, createConnection } from "mysql2";
import type { PreparedStatementInfo } from "mysql2/promise";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createConnectionView } from "./connection-view.js";
import { PhysicalConnection } from "./physical-connection.js";

const options = resolveOptions({ host: "localhost", user: "app", region: "eu-west-1" }, "mysql");
const ended = expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" });

/** A view of a real connection, whose server says nothing. */
function lease(PromiseClass?: PromiseConstructor) {
  const connection = createConnection({ stream: new PassThrough(), connectTimeout: 0 });
  const physical = new PhysicalConnection(connection, options);
  const wrapper = physical.promiseWrapper(PromiseClass);
  const { db, revoke } = createConnectionView(physical, PromiseClass);
  /** The connection without promises, which mysql2's types do not mention. */
  const below = (): Connection => Reflect.get(db, "connection");
  return { connection, physical, wrapper, db, below, revoke, isUsable: () => physical.state !== "unusable" };
}

const call = (target: object, method: string | symbol, ...args: unknown[]): unknown =>
  Reflect.apply(Reflect.get(target, method), target, args);

describe("after a lease, its connection", () => {
  it.each([
    "query",
    "execute",
    "beginTransaction",
    "commit",
    "rollback",
    "ping",
    "prepare",
    "changeUser",
    "reset",
    "connect",
  ])("rejects a call of %s(), as its promise would", async (method) => {
    const { db, revoke, isUsable } = lease();
    const kept: unknown = Reflect.get(db, method);
    revoke();
    for (const late of [() => call(db, method), () => Reflect.apply(Object(kept), db, [])]) {
      const outcome = late();
      expect(outcome).toBeInstanceOf(Promise);
      await expect(outcome).rejects.toEqual(ended);
    }
    expect(isUsable()).toBe(true);
  });

  it.each(["escape", "format", "pause", "unprepare", "on"])("throws for a call of %s()", (method) => {
    const { db, below, revoke } = lease();
    const core = below();
    revoke();
    expect(() => call(db, method, "end", () => undefined)).toThrow(ended);
    expect(() => call(core, method, "end", () => undefined)).toThrow(ended);
    expect(() => call(core, "query")).toThrow(ended);
  });

  it("throws also below, where that was not read before", () => {
    const { db, below, revoke, physical } = lease();
    revoke();
    expect(() => below().query("select 1")).toThrow(ended);
    expect(() => call(Object(below()).stream, "destroy")).toThrow(ended);
    Object.assign(db.config, { namedPlaceholders: true });
    expect(physical.connection.config.namedPlaceholders).toBeFalsy();
  });

  it("has no listeners and settings of the lease", () => {
    const { connection, db, below, revoke } = lease();
    const before = connection.listenerCount("end");
    db.on("end", () => undefined);
    below().on("end", () => undefined);
    db.config.namedPlaceholders = true;
    expect(connection.config.namedPlaceholders).toBe(true);
    revoke();
    expect(connection.listenerCount("end")).toBe(before);
    expect(connection.config.namedPlaceholders).toBeFalsy();
  });
});

describe("during a lease, its connection", () => {
  it.each(["end", "release", Symbol.asyncDispose])("is not closed by %s()", async (method) => {
    const { db, connection, isUsable } = lease();
    const end = vi.spyOn(connection, "end");
    const closed = call(db, method);
    if (method !== "release") expect(closed).toBeInstanceOf(Promise);
    expect(await closed).toBeUndefined();
    expect([end.mock.calls, isUsable()]).toEqual([[], true]);
  });

  it.each(["end", "release", Symbol.dispose])(
    "is not closed by %s() of the one without promises",
    (method) => {
      const { below, connection, isUsable } = lease();
      const end = vi.spyOn(connection, "end");
      expect(call(below(), method)).toBeUndefined();
      expect([end.mock.calls, isUsable()]).toEqual([[], true]);
    },
  );

  it("calls the callback of end() without promises, afterwards", async () => {
    const { below } = lease();
    const callback = vi.fn();
    below().end(callback);
    expect(callback).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(callback).toHaveBeenCalledOnce());
  });

  it.each([
    ["destroy", (db: object) => call(db, "destroy")],
    ["changeUser", (db: object) => void call(db, "changeUser", { user: "other" })],
  ])("is not used again after %s(), but not closed either", (_, use) => {
    for (const part of ["db", "below"] as const) {
      const leased = lease();
      use(part === "db" ? leased.db : leased.below());
      const { destroyed, writableEnded } = Object(leased.connection).stream;
      expect([leased.isUsable(), destroyed, writableEnded]).toEqual([false, false, false]);
    }
    const other = lease();
    call(other.db, "pause");
    call(other.below(), "resume");
    expect(other.isUsable()).toBe(true);
  });

  it("is the same object with and without promises, with one configuration", () => {
    const { db, below } = lease();
    expect(below()).toBe(below());
    expect(below().promise()).toBe(db);
    expect(below().config).toBe(db.config);
    expect(db.on("end", () => undefined)).toBe(db);
    expect(below().on("end", () => undefined)).toBe(below());
  });

  it("calls listeners with itself as `this`", () => {
    const { db, below, connection } = lease();
    const seen: unknown[] = [];
    function note(this: unknown): void {
      seen.push(this);
    }
    db.on("drain", note);
    below().on("drain", note);
    connection.emit("drain");
    expect(seen).toContain(below());
  });

  it("is not used again after a change to an object below it", () => {
    const { below, isUsable } = lease();
    call(Object(below()).stream, "pause");
    expect(isUsable()).toBe(false);
  });
});

describe("a statement that is prepared in a lease without promises", () => {
  function prepare() {
    const leased = lease();
    const statement = { execute: vi.fn(() => "command"), close: vi.fn() };
    const prepared = vi.spyOn(leased.connection, "prepare").mockReturnValue(Object("command"));
    const answer = (error: Error | null): void => {
      const callback = Object(prepared.mock.calls[0]?.[1]);
      Reflect.apply(callback, undefined, error ? [error] : [null, statement]);
    };
    return { ...leased, prepared, statement, answer };
  }

  it("works, and is revoked with the lease", () => {
    const { below, prepared, statement, answer, revoke } = prepare();
    const callback = vi.fn();
    expect(below().prepare("select ?", callback)).toEqual(Object("command"));
    expect(prepared).toHaveBeenCalledExactlyOnceWith("select ?", expect.any(Function));
    answer(null);
    const view = callback.mock.calls[0]?.[1];
    expect(call(view, "execute", [1])).toBe("command");
    expect(statement.execute.mock.calls).toEqual([[[1]]]);
    revoke();
    expect(() => call(view, "execute", [2])).toThrow(ended);
    expect(() => call(view, "close")).toThrow(ended);
    expect([statement.execute.mock.calls, statement.close.mock.calls]).toEqual([[[[1]]], []]);
  });

  it("is revoked at once if the lease ends before the server's answer", () => {
    const { below, statement, answer, revoke } = prepare();
    const callback = vi.fn();
    below().prepare("select ?", callback);
    revoke();
    answer(null);
    expect(() => call(callback.mock.calls[0]?.[1], "execute", [1])).toThrow(ended);
    expect(statement.execute).not.toHaveBeenCalled();
  });

  it("passes the server's error on", () => {
    const { below, answer } = prepare();
    const callback = vi.fn();
    const error = new Error("syntax");
    below().prepare("slect ?", callback);
    answer(error);
    expect(callback.mock.calls).toEqual([[error, undefined]]);
  });

  it("needs no callback, and is not sent after the lease", () => {
    const { below, prepared, revoke } = prepare();
    const core = below();
    const kept: unknown = Reflect.get(core, "prepare");
    Reflect.apply(core.prepare, core, [{ sql: "select ?" }]);
    expect(prepared.mock.calls).toEqual([[{ sql: "select ?" }, undefined]]);
    revoke();
    expect(() => core.prepare("select ?", vi.fn())).toThrow(ended);
    expect(() => Reflect.apply(Object(kept), core, ["select ?"])).toThrow(ended);
    expect(prepared).toHaveBeenCalledOnce();
  });
});

describe("a statement that is prepared in a lease", () => {
  function prepare() {
    const leased = lease();
    const answer = Promise.withResolvers<PreparedStatementInfo>();
    const statement = { execute: vi.fn(async () => "rows"), close: vi.fn(), parameters: [{ name: "?" }] };
    const prepared = vi.spyOn(leased.wrapper, "prepare").mockReturnValue(answer.promise);
    const resolve = () => answer.resolve(Object(statement));
    return { ...leased, prepared, statement, resolve, reject: answer.reject };
  }

  it("works, and is revoked with the lease", async () => {
    const { db, prepared, statement, resolve, revoke } = prepare();
    resolve();
    const view = await db.prepare("select ?");
    expect(prepared).toHaveBeenCalledExactlyOnceWith("select ?");
    expect(await view.execute([1])).toBe("rows");
    expect(statement.execute).toHaveBeenCalledExactlyOnceWith([1]);
    revoke();
    await expect(view.execute([2])).rejects.toEqual(ended);
    expect(() => view.close()).toThrow(ended);
    expect([statement.execute.mock.calls, statement.close.mock.calls]).toEqual([[[[1]]], []]);
  });

  it("is revoked at once if the lease ends before the server's answer", async () => {
    const { db, statement, resolve, revoke } = prepare();
    const late = db.prepare("select ?");
    revoke();
    resolve();
    const view = await late;
    await expect(view.execute([1])).rejects.toEqual(ended);
    expect(statement.execute).not.toHaveBeenCalled();
  });

  it("rejects without an unhandled rejection after the lease", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    onTestFinished(() => void process.off("unhandledRejection", unhandled));
    const { db, reject, revoke } = prepare();
    const started = [db.prepare("select ?")];
    revoke();
    started.push(db.prepare("select ?"));
    reject(new Error("lost"));
    await endOfTurn();
    expect(unhandled).not.toHaveBeenCalled();
    await expect(started[0]).rejects.toThrow("lost");
    await expect(started[1]).rejects.toEqual(ended);
  });

  it("rejects with the server's error", async () => {
    const { db, reject } = prepare();
    reject(new Error("syntax"));
    await expect(db.prepare("slect ?")).rejects.toThrow("syntax");
  });

  it("shows copies of its lists", async () => {
    const { db, statement, resolve } = prepare();
    resolve();
    const view = await db.prepare("select ?");
    expect(Object(view).parameters).toEqual(statement.parameters);
    expect(Object(view).parameters).not.toBe(statement.parameters);
  });
});

it("has the class of promises that was asked for", () => {
  class Own<T> extends Promise<T> {}
  const { db } = lease(Object(Own));
  expect(db.ping()).toBeInstanceOf(Own);
  expect(db.prepare("select 1")).toBeInstanceOf(Own);
});
