import { randomUUID } from "node:crypto";
import { kyselyAdapter, RdsProxyDialect } from "@rds-proxy/adapter-kysely/mysql";
import { connectionOptions, createPool, mysql2Adapter } from "@rds-proxy/adapter-mysql2";
import { withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import { Kysely, sql } from "kysely";
import type { Pool, RowDataPacket } from "mysql2/promise";
import { DataTypes, type Model, type ModelStatic, Sequelize } from "sequelize";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";

interface Row {
  id: number;
  a: string | null;
  b: string;
}

/** If the server misread a quote or backslash, each would write column `b`, select all rows or break the statement. */
const PAYLOADS = [
  "x' , 0x70776e6564) -- ",
  "\\' , 0x70776e6564) -- ",
  "\\\\' , 0x70776e6564) -- ",
  "\u00a5' , 0x70776e6564) -- ",
  "\u00a5\\' , 0x70776e6564) -- ",
  "\u4e2d' , 0x70776e6564) -- ",
  "\u4e2d\\' , 0x70776e6564) -- ",
  "\u8868\\\\' , 0x70776e6564) -- ",
  "\u0127 , 0x70776e6564) -- ",
  "'",
  "\\",
  "\u4e2d\\",
  '"\\"\'`',
  "it's\n\r\t\b\0\x1a",
];

async function startProxy(initQuery?: string): Promise<LocalProxy> {
  const proxy = await startLocalProxy({
    engine: "mysql",
    upstream: inject("mysql"),
    ...(initQuery === undefined ? {} : { initQuery }),
  });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A table of one test, and a pool whose sessions are unchanged. */
async function createTable(): Promise<{ table: string; honest: Pool }> {
  const proxy = await startProxy();
  const honest = createPool(connectTo(proxy));
  const table = `values_${randomUUID().slice(0, 8)}`;
  await honest.query(
    `create table ${table} (id int auto_increment primary key, a varchar(99), b varchar(99)) character set utf8mb4`,
  );
  onTestFinished(async () => {
    await honest.query(`drop table ${table}`);
    await honest.end();
  });
  return { table, honest };
}

async function rowsOf(honest: Pool, table: string): Promise<Row[]> {
  const [rows] = await honest.query<(Row & RowDataPacket)[]>(`select * from ${table} order by id`);
  return rows;
}

function sequelizeOf(
  proxy: LocalProxy,
  table: string,
  options: { preparedStatements?: boolean } = {},
): { sequelize: Sequelize; Entry: ModelStatic<Model> } {
  const { host, port, user, database, region, credentials, ssl } = connectTo(proxy);
  const sequelize = new Sequelize(
    withRdsProxy(
      { dialect: "mysql", host, port, username: user, database, logging: false },
      { region, credentials, ssl, ...options },
    ),
  );
  onTestFinished(() => sequelize.close());
  const columns = { a: DataTypes.STRING, b: DataTypes.STRING };
  return { sequelize, Entry: sequelize.define("Entry", columns, { tableName: table, timestamps: false }) };
}

/** Ways to write a row, each in a session that the statement `setUp` has changed. */
const WRITERS: Readonly<
  Record<
    string,
    (proxy: LocalProxy, table: string, setUp: string) => Promise<(a: string) => Promise<unknown>>
  >
> = {
  async "mysql2's query()"(proxy, table, setUp) {
    const pool = createPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    await pool.query(setUp);
    return (a) => pool.query(`insert into ${table} (a, b) values (?, ?)`, [a, "honest"]);
  },
  async "mysql2's query() with lists"(proxy, table, setUp) {
    const pool = createPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    await pool.query(setUp);
    return (a) => pool.query(`insert into ${table} (a, b) values ?`, [[[a, "honest"]]]);
  },
  async "mysql2's query() with an object"(proxy, table, setUp) {
    const pool = createPool(connectTo(proxy));
    onTestFinished(() => pool.end());
    await pool.query(setUp);
    return (a) => pool.query(`insert into ${table} set ?`, [{ a, b: "honest" }]);
  },
  async Kysely(proxy, table, setUp) {
    const db = new Kysely<Record<string, { a: string; b: string }>>({
      dialect: new RdsProxyDialect(connectTo(proxy)),
    });
    onTestFinished(() => db.destroy());
    await sql.raw(setUp).execute(db);
    return (a) => db.insertInto(table).values({ a, b: "honest" }).execute();
  },
  async "Sequelize's create()"(proxy, table, setUp) {
    const { sequelize, Entry } = sequelizeOf(proxy, table);
    await sequelize.query(setUp);
    return (a) => Entry.create({ a, b: "honest" });
  },
  async "Sequelize's bulkCreate()"(proxy, table, setUp) {
    const { sequelize, Entry } = sequelizeOf(proxy, table);
    await sequelize.query(setUp);
    return (a) => Entry.bulkCreate([{ a, b: "honest" }]);
  },
};

describe.each(Object.entries(WRITERS))("a value of %s", (writer, createWriter) => {
  test.each([
    ["an ordinary session", undefined, "select 1"],
    ["ANSI_QUOTES", undefined, "set sql_mode = 'ANSI_QUOTES'"],
    ["the proxy's NO_BACKSLASH_ESCAPES", "set sql_mode = 'NO_BACKSLASH_ESCAPES'", "select 1"],
    ["NO_BACKSLASH_ESCAPES", undefined, "set sql_mode = 'NO_BACKSLASH_ESCAPES'"],
  ])("is stored unchanged in %s, or refused", async (_session, initQuery, setUp) => {
    const { table, honest } = await createTable();
    const write = await createWriter(await startProxy(initQuery), table, setUp);
    const stored: string[] = [];
    for (const payload of PAYLOADS) {
      const refusal = await write(payload).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refusal === undefined) stored.push(payload);
      else expect(String(refusal)).toMatch(/NO_BACKSLASH_ESCAPES/);
    }
    const rows = await rowsOf(honest, table);
    expect(rows.map(({ a }) => a)).toEqual(stored);
    expect(new Set(rows.map(({ b }) => b))).toEqual(new Set(["honest"]));
    if (!setUp.includes("NO_BACKSLASH") && initQuery === undefined) expect(stored).toEqual(PAYLOADS);
  });

  test.each(["gbk", "sjis", "big5", "cp932", "ujis", "euckr", "gb2312", "latin1"])(
    "never writes another column if the proxy's initialization query is SET NAMES %s",
    async (charset) => {
      const { table, honest } = await createTable();
      const write = await createWriter(await startProxy(`set names ${charset}`), table, "select 1");
      for (const payload of PAYLOADS) await Promise.allSettled([write(payload)]);
      const rows = await rowsOf(honest, table);
      expect(rows.length).toBeGreaterThan(3);
      expect(new Set(rows.map(({ b }) => b))).toEqual(new Set(["honest"]));
    },
  );

  test.each(["sjis", "gbk", "big5", "cp932", "ujis", "latin1"])(
    "is refused with the remedy, or bound by the server, after SET NAMES %s in the session",
    async (charset) => {
      const { table, honest } = await createTable();
      const write = await createWriter(await startProxy(), table, `set names ${charset}`);
      const refusals: string[] = [];
      for (const payload of PAYLOADS) {
        await write(payload).catch((error: unknown) => refusals.push(String(error)));
      }
      const rows = await rowsOf(honest, table);
      expect(rows.map(({ b }) => b)).toEqual(rows.map(() => "honest"));
      // Sequelize's create() then prepares a statement, as without this package.
      if (writer === "Sequelize's create()") return;
      expect(refusals.length).toBeGreaterThan(5);
      for (const refusal of refusals) expect(refusal).toContain("Use utf8mb4");
      expect(rows.every(({ a }) => PAYLOADS.includes(a ?? ""))).toBe(true);
    },
  );
});

describe("values that Sequelize binds", () => {
  test.each<[statement: string, bind: unknown[]]>([
    ["select $1 / 3 as q", [7]],
    ["select $1 'label'", ["v"]],
    ["select $1 as a, $2 as b", [2.5, "it's \\ 中"]],
    ["update $t set b = b * $1", [2.5]],
    ["update $t set a = $1, b = $2", [new Uint8Array([65, 66]), 1.5]],
    ["update $t set a = $1", [Buffer.from("é")]],
    ["update $t set a = $1", [new Date(Number.NaN)]],
    ["update $t set a = $1", [new Date("2026-02-03T04:05:06.789Z")]],
    ["update $t set a = $1", [Number.NaN]],
    ["update $t set a = $1", [-0]],
    ["update $t set a = $1", [1e21]],
    ["update $t set a = $1", [2n ** 63n]],
    ["update $t set a = $1 where b = $2 limit 1", [{ json: "it's" }, 3]],
    ["update $t set a = $1 where b = $2", [[1, "x"], 3]],
    ["update $t set a = $1 where b in ($2, $3)", ["changed", 3, "x"]],
    ["update $t set a = $1, b = 'it\\'s'", ["changed"]],
    ["update $t set a = $1 where b = $2", [() => 1, 3]],
  ])("have the same effect as in a prepared statement: %s", async (statement, bind) => {
    const { table, honest } = await createTable();
    const proxy = await startProxy();
    const outcomes = [];
    for (const preparedStatements of [false, true]) {
      const { sequelize } = sequelizeOf(proxy, table, { preparedStatements });
      await honest.query(`delete from ${table}`);
      await honest.query(`insert into ${table} values (1, 'a', 3)`);
      const result = await sequelize.query(statement.replace("$t", table), { bind }).then(
        ([rows]) => rows,
        (error: unknown) => String(error),
      );
      outcomes.push({ result, rows: await rowsOf(honest, table) });
    }
    expect(outcomes[0]).toEqual(outcomes[1]);
  });

  test("do not pin when they are stored or compared, and pin when a literal would differ", async () => {
    const { table } = await createTable();
    const proxy = await startProxy();
    const { sequelize, Entry } = sequelizeOf(proxy, table);
    const entry = await Entry.create({ a: "it's \\ 中", b: "1" });
    await entry.update({ a: "other" });
    await Entry.update({ a: null }, { where: { b: ["1", "2"] } });
    await Entry.update({ a: "x" }, { where: { id: "1" } });
    await Entry.findOrCreate({ where: { id: 2 }, defaults: { a: "y", b: "3" } });
    await Entry.bulkCreate([{ id: 3, a: "z", b: "4" }], { updateOnDuplicate: ["a"] });
    await Entry.increment("b", { by: 2, where: { id: 3 } });
    await Entry.upsert({ id: 1, a: "x", b: "y" });
    await sequelize.query(`update ${table} set a = $1 where id = $2`, { bind: ["raw", 2] });
    await Entry.destroy({ where: { a: "it's \\ 中" } });
    expect(proxy.pins()).toEqual([]);
    expect((await Entry.findAll({ order: ["id"] })).map((each) => [each.get("a"), each.get("b")])).toEqual([
      ["x", "y"],
      ["raw", "3"],
      ["z", "6"],
    ]);
    await sequelize.query("select $1 / 3 as q", { bind: [7] });
    expect(proxy.pins()).toHaveLength(1);
  });

  test("are prepared, which pins, when they are compared with a column that no model has", async () => {
    const { table } = await createTable();
    const proxy = await startProxy();
    const { sequelize } = sequelizeOf(proxy, "another_table");
    await sequelize.query(`insert into ${table} (a, b) values ($1, $2)`, { bind: ["a", "1"] });
    expect(proxy.pins()).toEqual([]);
    await sequelize.query(`update ${table} set a = $1 where id = $2`, { bind: ["b", 1] });
    expect(proxy.pins()).toHaveLength(1);
  });

  test("work beside a text of 8 MB", async () => {
    const { table } = await createTable();
    const { sequelize } = sequelizeOf(await startProxy(), table);
    const long = "a".repeat(8_000_000);
    const [rows] = await sequelize.query(`select $1 as x, length('${long}') as n`, { bind: ["v"] });
    expect(rows).toEqual([{ x: "v", n: long.length }]);
    await expect(
      sequelize.query(`update ${table} set a = $1 where length('${long}') = 1 and b = $2`, {
        bind: ["v", "w"],
      }),
    ).resolves.toBeDefined();
  });
});

test.each(["SJIS_JAPANESE_CI", "cp932", "ujis", "gbk", "latin1", "EUCJPMS_JAPANESE_CI", "swe7", "utf-8"])(
  "the character set %s is refused at construction by each adapter",
  (charset) => {
    const where = { host: "localhost", region: "eu-west-1", user: "app" };
    const expected = expect.objectContaining({
      code: "RDS_PROXY_INVALID_OPTION",
      message: expect.stringContaining("use utf8mb4"),
    });
    expect(() => createPool({ ...where, charset })).toThrow(expected);
    expect(() => connectionOptions({ ...where, charset })).toThrow(expected);
    expect(() => new RdsProxyDialect({ ...where, charset })).toThrow(expected);
    expect(() => rdsProxy({ ...where, adapter: mysql2Adapter({ charset }) })).toThrow(expected);
    expect(() => rdsProxy({ ...where, adapter: kyselyAdapter({ charset }) })).toThrow(expected);
    expect(() =>
      withRdsProxy(
        { dialect: "mysql", host: "localhost", username: "app", dialectOptions: { charset } },
        { region: "eu-west-1" },
      ),
    ).toThrow(expected);
  },
);

test("a text whose backslashes the server writes has the session's collation", async () => {
  const pool = createPool({ ...connectTo(await startProxy()), charset: "utf8mb4_general_ci" });
  onTestFinished(() => pool.end());
  await pool.query("set sql_mode = 'NO_BACKSLASH_ESCAPES'");
  for (const collation of ["utf8mb4_general_ci", "utf8mb4_bin", "utf8mb4_unicode_520_ci"]) {
    await pool.query(`set names utf8mb4 collate ${collation}`);
    const [[row]] = await pool.query<RowDataPacket[]>(
      "select collation(?) as collation, coercibility(?) as coercibility, ? = 'A\\B' as equal, concat(?, 'x') as joined",
      Array(4).fill("a\\b"),
    );
    const isEqual = collation === "utf8mb4_bin" ? 0 : 1;
    expect(row).toEqual({ collation, coercibility: 4, equal: isEqual, joined: "a\\bx" });
  }
});

test("a name's quotes cannot be closed early if the proxy's initialization query is SET NAMES gbk", async () => {
  const { table } = await createTable();
  const pool = createPool(connectTo(await startProxy("set names gbk")));
  onTestFinished(() => pool.end());
  await pool.query(`insert into ${table} (a, b) values ('a', 'b')`);
  await expect(pool.query(`select ?? from ${table}`, ["\u00a5` , 'pwned' -- "])).rejects.toMatchObject({
    code: "RDS_PROXY_UNSUPPORTED",
  });
  await expect(
    pool.query(`update ${table} set ?`, [{ "\u00a5`= 1, b = 'pwned' -- ": 1 }]),
  ).rejects.toMatchObject({
    code: "RDS_PROXY_UNSUPPORTED",
  });
  // Within backticks the first name would extend to the second, which would be read as part of the statement.
  const unclosed = ["\u00a5", `, 'pwned' from ${table} -- `];
  await expect(pool.query(`select ??, ?? from ${table}`, unclosed)).rejects.toMatchObject({
    code: "ER_BAD_FIELD_ERROR",
  });
});

test("changeUser() with an unsafe character set is refused", async () => {
  const pool = createPool(connectTo(await startProxy()));
  onTestFinished(() => pool.end());
  const connection = await pool.getConnection();
  try {
    await expect(connection.changeUser({ charset: "SJIS_JAPANESE_CI" })).rejects.toMatchObject({
      code: "RDS_PROXY_UNSUPPORTED",
    });
  } finally {
    connection.release();
  }
});

test("a session's character set does not apply to the pool's other sessions", async () => {
  const { table, honest } = await createTable();
  const pool = createPool({ ...connectTo(await startProxy()), maxConnections: 2 });
  onTestFinished(() => pool.end());
  const [changed, other] = [await pool.getConnection(), await pool.getConnection()];
  await changed.query("set names sjis");
  await other.query(`insert into ${table} (a, b) values (?, ?)`, ["\u00a5' , 'pwned') -- ", "honest"]);
  await other.execute(`insert into ${table} (a, b) values (?, ?)`, ["表 \u00a5", "honest"]);
  changed.release();
  other.release();
  const rows = await rowsOf(honest, table);
  expect(rows.map(({ a, b }) => [a, b])).toEqual([
    ["\u00a5' , 'pwned') -- ", "honest"],
    ["表 \u00a5", "honest"],
  ]);
});

test("values that are queued before a statement has changed the session are safe", async () => {
  const { table, honest } = await createTable();
  const pool = createPool(connectTo(await startProxy()));
  onTestFinished(() => pool.end());
  const connection = await pool.getConnection();
  const evil = "\u00a5\\' , 'pwned') -- ";
  const insert = `insert into ${table} (a, b) values (?, ?)`;
  await Promise.all([
    connection.query("set sql_mode = 'NO_BACKSLASH_ESCAPES'"),
    connection.query(insert, [evil, "honest"]),
  ]);
  const [, refused] = await Promise.allSettled([
    connection.query("set names sjis"),
    connection.query(insert, [evil, "honest"]),
  ]);
  connection.release();
  expect(refused).toMatchObject({ status: "rejected", reason: { code: "RDS_PROXY_UNSUPPORTED" } });
  expect((await rowsOf(honest, table)).map(({ a, b }) => [a, b])).toEqual([[evil, "honest"]]);
});
