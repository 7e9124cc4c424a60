import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import type { Pool, QueryOptions, TypeCastField } from "mysql2/promise";
import { describe, expect, it, vi } from "vitest";
import { prismaAdapter } from "./prisma.js";

// mariadb's own names of types, which it does not export.
const require = createRequire(import.meta.resolve("mariadb"));
const { TYPES }: { TYPES: readonly (string | undefined)[] } = require("./lib/const/field-type.js");

/** What `PrismaMariaDb` calls. */
interface MariadbConnection {
  query(statement: object, values?: unknown[]): Promise<unknown>;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
  release(): Promise<void>;
}
interface MariadbPool extends Pick<MariadbConnection, "query"> {
  getConnection(): Promise<MariadbConnection>;
  end(): Promise<void>;
}
interface MariadbColumn {
  name(): string;
  readonly type: string | undefined;
}

/** Keeps what it is given, as `PrismaMariaDb` does. */
class PrismaStandIn {
  readonly pool: MariadbPool;
  readonly options: object;
  constructor(pool: never, options: object) {
    this.pool = pool;
    this.options = options;
  }
}

/** An adapter over a pool that answers each query like this. */
function adapterOf(answer: readonly [result: unknown, fields: readonly unknown[]]) {
  const asked: QueryOptions[] = [];
  const query = async (options: QueryOptions) => {
    asked.push(options);
    return answer;
  };
  const connection = Object.assign(new EventEmitter(), { query, release: vi.fn() });
  const stub = { query, end: vi.fn(async () => undefined), getConnection: async () => connection };
  const pool: Pool = Object(stub);
  return { ...prismaAdapter(PrismaStandIn, pool, { database: "shop" }), asked, stub, connection };
}

async function metaOf(field: object): Promise<object> {
  const result = Object(await adapterOf([[], [field]]).pool.query({ sql: "select 1" }));
  return result.meta[0];
}

it("refuses a PrismaMariaDb that takes the pool for options", () => {
  const pool: Partial<Pool> = {};
  class OptionsOnly {
    readonly options: object;
    constructor(options: object) {
      this.options = { ...options };
    }
  }
  expect(() => prismaAdapter(OptionsOnly, pool as Pool)).toThrow(
    expect.objectContaining({ code: "RDS_PROXY_UNSUPPORTED", message: expect.stringContaining("7.10.0") }),
  );
});

describe("a pool for Prisma", () => {
  it("uses the text protocol, and keeps Prisma's options", () => {
    expect(adapterOf([[], []]).options).toEqual({ database: "shop", useTextProtocol: true });
  });

  it("passes statement and values on, with rows as arrays, and dates and long numbers as text", async () => {
    const { pool, asked } = adapterOf([[], []]);
    await pool.query({ sql: "select ?" }, [7]);
    await pool.query({ sql: "select 1" });
    expect(asked).toEqual([
      expect.objectContaining({
        sql: "select ?",
        values: [7],
        rowsAsArray: true,
        dateStrings: true,
        nestTables: false,
        supportBigNumbers: true,
        bigNumberStrings: true,
      }),
      expect.objectContaining({ sql: "select 1", values: [] }),
    ]);
  });

  it("describes columns as mariadb does", async () => {
    const field = { name: "id", columnType: 3, flags: 1, characterSet: 63, extendedFormat: "json" };
    const column = await metaOf(field);
    expect(column).toMatchObject({ type: "INT", flags: 1, collation: { index: 63 }, dataTypeFormat: "json" });
    expect((column as MariadbColumn).name()).toBe("id");
    for (let columnType = 0; columnType < 256; columnType++) {
      expect([columnType, Reflect.get(await metaOf({ columnType }), "type")]).toEqual([
        columnType,
        TYPES[columnType],
      ]);
    }
  });

  it("gives the members of a SET as an array, and other text as it is", async () => {
    const fields = [
      { columnType: 254, flags: 2048 },
      { columnType: 254, flags: 2048 },
      { columnType: 254, flags: 1 },
    ];
    const rows = [
      ["a,b", "", "a,b"],
      [null, "c", null],
    ];
    expect([...Object(await adapterOf([rows, fields]).pool.query({ sql: "select 1" }))]).toEqual([
      [["a", "b"], [], "a,b"],
      [null, ["c"], null],
    ]);
  });

  it.each([
    ["of a statement without rows", { affectedRows: 1 }, [undefined]],
    ["of several statements", [{ affectedRows: 1 }, [[1]]], [undefined, [{ columnType: 3 }]]],
    ["of a procedure", [[[1]], { affectedRows: 0 }], [[{ columnType: 3 }], undefined]],
  ])("gives the result %s as it is", async (_, result, fields) => {
    const answer = await adapterOf([result, fields]).pool.query({ sql: "call p()" });
    expect(answer).toBe(result);
    expect(answer).not.toHaveProperty("meta");
  });

  it.each([
    ["GEOMETRY", {}, ["buffer"]],
    ["JSON", {}, ["string", "utf8"]],
    ["NEWDECIMAL", {}, ["string", "ascii"]],
    ["BLOB", { extendedFormat: "json" }, ["string"]],
    ["BLOB", { extendedFormat: "uuid" }, ["next"]],
    ["LONG", {}, ["next"]],
  ])("reads %s %o by %j", async (type, more, expected) => {
    const { pool, asked } = adapterOf([[], []]);
    await pool.query({ sql: "select 1" });
    const typeCast = asked[0]?.typeCast;
    if (typeof typeCast !== "function") throw new Error("no typeCast");
    const field: TypeCastField = Object({
      type,
      ...more,
      buffer: () => ["buffer"],
      string: (...encoding: unknown[]) => ["string", ...encoding],
    });
    expect(typeCast(field, () => ["next"])).toEqual(expected);
  });

  it("gives connections that report errors until the listener is removed, and go back when they are released", async () => {
    const { pool, stub, connection, asked } = adapterOf([{ affectedRows: 1 }, [undefined]]);
    const taken = await pool.getConnection();
    expect(await taken.query({ sql: "begin" })).toEqual({ affectedRows: 1 });
    expect(asked).toHaveLength(1);
    const listener = vi.fn();
    taken.on("error", listener);
    connection.emit("error", new Error("lost"));
    taken.off("error", listener);
    expect(connection.listenerCount("error")).toBe(0);
    expect(listener).toHaveBeenCalledOnce();
    await taken.release();
    expect(connection.release).toHaveBeenCalledOnce();
    await pool.end();
    expect(stub.end).toHaveBeenCalledOnce();
  });
});
