import { randomUUID } from "node:crypto";
import { RdsProxyDialect } from "@rds-proxy/adapter-kysely/mysql";
import { createPool } from "@rds-proxy/adapter-mysql2";
import { withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
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

/** Each would write column `b`, select every row or break the statement if a quote or backslash were misread. */
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

/** A table of one test, and a pool whose sessions nobody has changed. */
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

function sequelizeOf(proxy: LocalProxy, table: string): { sequelize: Sequelize; Entry: ModelStatic<Model> } {
  const { host, port, user, database, region, credentials, ssl } = connectTo(proxy);
  const sequelize = new Sequelize(
    withRdsProxy(
      { dialect: "mysql", host, port, username: user, database, logging: false },
      { region, credentials, ssl },
    ),
  );
  onTestFinished(() => sequelize.close());
  const columns = { a: DataTypes.STRING, b: DataTypes.STRING };
  return { sequelize, Entry: sequelize.define("Entry", columns, { tableName: table, timestamps: false }) };
}

/** Ways to write a row, each on one session that a statement may set up. */
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
  ])("is stored as it is in %s, or refused", async (_session, initQuery, setUp) => {
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

  test.each(["gbk", "sjis", "big5", "cp932", "ujis", "euckr", "gb2312", "latin1", "swe7"])(
    "never writes another column where the proxy's initialization query says SET NAMES %s",
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
    "is refused with the remedy, or bound by the server, where the session says SET NAMES %s",
    async (charset) => {
      const { table, honest } = await createTable();
      const write = await createWriter(await startProxy(), table, `set names ${charset}`);
      const refusals: string[] = [];
      for (const payload of PAYLOADS) {
        await write(payload).catch((error: unknown) => refusals.push(String(error)));
      }
      const rows = await rowsOf(honest, table);
      expect(rows.map(({ b }) => b)).toEqual(rows.map(() => "honest"));
      // Sequelize's create() prepares a statement then, as it does by itself.
      if (writer === "Sequelize's create()") return;
      expect(refusals.length).toBeGreaterThan(5);
      for (const refusal of refusals) expect(refusal).toContain("Use utf8mb4");
      expect(rows.every(({ a }) => PAYLOADS.includes(a ?? ""))).toBe(true);
    },
  );
});
