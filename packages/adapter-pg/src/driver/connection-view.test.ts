import pg from "pg";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { createClientClass } from "./client.js";
import { createConnectionView } from "./connection-view.js";
import { internalsOf } from "./pg-internals.js";

const INT4 = pg.types.builtins.INT4;
const ENDED = { code: "RDS_PROXY_LEASE_ENDED" };

/** A client without a server, and the view of an invocation. */
function create() {
  const Client = createClientClass(pg);
  const client = new Client(resolvedOptions(), {});
  onTestFinished(() => client.destroy());
  const query = vi.fn((): unknown => "queried");
  Object.assign(client, { query });
  return { client, query, ...createConnectionView(client) };
}

describe("a view of a client", () => {
  it("is a pg.Client, whose queries are the client's", () => {
    const { db, query } = create();
    expect(db).toBeInstanceOf(pg.Client);
    expect(Reflect.apply(db.query, db, ["select $1", [1]])).toBe("queried");
    expect(query.mock.calls).toEqual([["select $1", [1]]]);
  });

  it("leaves the client open when it ends", async () => {
    const { client, db } = create();
    const end = vi.spyOn(client, "end");
    expect(await Reflect.apply(db.end, db, [])).toBeUndefined();
    const called = vi.fn();
    expect(Reflect.apply(db.end, db, [called])).toBeUndefined();
    expect(called).not.toHaveBeenCalled();
    await new Promise(setImmediate);
    expect(called.mock.calls).toEqual([[]]);
    expect(end).not.toHaveBeenCalled();
  });

  it("passes the error of a release on, also after the lease", () => {
    const { client, db, revoke } = create();
    const release = vi.spyOn(client, "release");
    const error = new Error("broken");
    const { release: releaseView } = db;
    releaseView();
    releaseView(error);
    revoke();
    releaseView(true);
    expect(release.mock.calls).toEqual([[undefined], [error], [true]]);
  });

  it("has listeners of its own, and returns itself", () => {
    const { client, db, revoke } = create();
    const heard = vi.fn();
    expect(db.on("notice", heard)).toBe(db);
    client.emit("notice", "one");
    revoke();
    client.emit("notice", "two");
    expect(heard.mock.calls).toEqual([["one"]]);
    expect(client.listenerCount("notice")).toBe(0);
  });

  it("has views of what is below it, whose changes end the use of the client", () => {
    const { client, db, revoke } = create();
    const markUnusable = vi.spyOn(client, "markUnusable");
    const below = Object(Reflect.get(db, "connectionParameters"));
    expect(below).not.toBe(internalsOf(client).connectionParameters);
    expect(below.host).toBe(client.host);
    expect(markUnusable).not.toHaveBeenCalled();
    Object(Reflect.get(db, "connection")).stream.setTimeout(1);
    expect(markUnusable).toHaveBeenCalled();
    const { connection } = Object(db);
    revoke();
    expect(() => connection.query("select 1")).toThrow(expect.objectContaining(ENDED));
  });
});

describe("a late call of a view's", () => {
  it("query() fails as its caller expects", async () => {
    const { db, query, revoke } = create();
    revoke();
    await expect(db.query("select 1")).rejects.toMatchObject(ENDED);
    const callback = vi.fn();
    expect(Reflect.apply(db.query, db, ["select 1", callback])).toBeUndefined();
    expect(callback).not.toHaveBeenCalled();
    await new Promise(setImmediate);
    expect(callback.mock.calls).toMatchObject([[ENDED]]);
    expect(() => Reflect.apply(db.query, db, [{ submit: () => undefined }])).toThrow(
      expect.objectContaining(ENDED),
    );
    expect(query).not.toHaveBeenCalled();
  });

  it("other methods throws", () => {
    const { db, revoke } = create();
    revoke();
    expect(() => db.escapeLiteral("x")).toThrow(expect.objectContaining(ENDED));
    expect(() => db.on("notice", () => undefined)).toThrow(expect.objectContaining(ENDED));
  });
});

describe("type parsers", () => {
  const mine = (): string => "mine";

  it("that an invocation sets are the client's until the lease ends", () => {
    const { client, db, revoke } = create();
    client.setTypeParser(INT4, "text", Number);
    const original = internalsOf(client)._types;
    const { setTypeParser } = db;
    setTypeParser(INT4, "text", mine);
    setTypeParser(INT4, "binary", mine);
    for (const format of ["text", "binary"] as const) expect(client.getTypeParser(INT4, format)).toBe(mine);
    expect(internalsOf(client)._types).toBeInstanceOf(Object(original).constructor);
    revoke();
    expect(internalsOf(client)._types).toBe(original);
    expect(client.getTypeParser(INT4, "text")).toBe(Number);
    expect(client.getTypeParser(INT4, "binary")).not.toBe(mine);
  });

  it("are copied once, with those that the connection has", () => {
    const { client, db } = create();
    client.setTypeParser(INT4, "text", Number);
    const copy = Reflect.get(db, "_types");
    expect(internalsOf(client)._types).toBe(copy);
    db.setTypeParser(pg.types.builtins.BOOL, mine);
    expect(Reflect.get(db, "_types")).toBe(copy);
    expect(internalsOf(client)._types).toBe(copy);
    expect(db.getTypeParser(INT4, "text")).toBe(Number);
  });

  it("are not copied for an invocation that sets none", () => {
    const { client, db, revoke } = create();
    const original = internalsOf(client)._types;
    db.getTypeParser(INT4, "text");
    expect(internalsOf(client)._types).toBe(original);
    revoke();
    expect(internalsOf(client)._types).toBe(original);
  });

  it("that are set on a view after its lease reach no client", () => {
    const { client, db, revoke } = create();
    const original = internalsOf(client)._types;
    revoke();
    const types = Object(Reflect.get(db, "_types"));
    types.setTypeParser(INT4, "text", mine);
    expect(internalsOf(client)._types).toBe(original);
    expect(client.getTypeParser(INT4, "text")).not.toBe(mine);
  });
});
