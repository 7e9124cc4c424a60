import { PrismaMariaDb } from "@prisma/adapter-mariadb";
import { createPool } from "@rds-proxy/adapter-mysql2";
import { prismaAdapter } from "@rds-proxy/adapter-mysql2/prisma";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { connectTo } from "../test/support/connect-to.js";

type PrismaAdapter = Awaited<ReturnType<PrismaMariaDb["connect"]>>;
type Statement = Parameters<PrismaAdapter["queryRaw"]>[0];
type ScalarType = Statement["argTypes"][number]["scalarType"];

let proxy: LocalProxy;
let viaProxy: PrismaAdapter;
/** Prisma's own way to a database: a pool of the driver `mariadb`. */
let bare: PrismaAdapter;
beforeAll(async () => {
  const server = inject("mysql");
  proxy = await startLocalProxy({ engine: "mysql", upstream: server, recordMessages: true });
  const pool = createPool(connectTo(proxy));
  viaProxy = await prismaAdapter(PrismaMariaDb, pool, { database: server.database }).connect();
  bare = await new PrismaMariaDb(
    { ...server, connectionLimit: 1, allowPublicKeyRetrieval: true },
    { useTextProtocol: true, database: server.database },
  ).connect();
  await bare.executeRaw(
    sql(`create table prisma_values (
      id bigint unsigned auto_increment primary key,
      small tinyint unsigned, flag tinyint(1), medium mediumint, whole int, natural_number int unsigned, big bigint,
      exact decimal(30, 10), single float, twice double, bits bit(9), one bit(1), born year,
      day date, moment datetime(3), stamp timestamp(3) null, clock time(3),
      short_text varchar(50), long_text longtext, choice enum('a', 'b'), several set('x', 'y'),
      fixed binary(4), bytes varbinary(20), large longblob, document json, place point
    ) character set utf8mb4`),
  );
  return async () => {
    await bare.executeRaw(sql("drop table prisma_values"));
    await bare.dispose();
    await pool.end();
    await proxy.close();
  };
});

function sql(text: string, ...values: readonly (readonly [ScalarType, unknown])[]): Statement {
  return {
    sql: text,
    args: values.map(([, value]) => value),
    argTypes: values.map(([scalarType]) => ({ scalarType, arity: "scalar" })),
  };
}

const ROW = sql(
  `insert into prisma_values values (9007199254740993, 255, true, -8388608, -2147483648, 4294967295, ?,
    ?, 1.5, 2.25, b'101010101', b'1', 2026, ?, ?, ?, ?, ?, ?, 'b', 'x,y', x'01020300', ?, ?, ?, point(1, 2))`,
  ["bigint", "-9223372036854775808"],
  ["decimal", "12345678901234567890.0123456789"],
  ["datetime", "2026-11-29T00:00:00.000Z"],
  ["datetime", "2026-11-29T12:34:56.789Z"],
  ["datetime", "2026-11-29T12:34:56.000Z"],
  ["string", "12:34:56.789"],
  ["string", 'it\'s \\ "quoted" 😀'],
  ["string", "line\nline\0\u001a"],
  ["bytes", "AQIDBA=="],
  ["bytes", new Uint8Array([0, 39, 92, 255])],
  ["json", '{"a":[1,"ü"]}'],
);

/** Statements of one transaction, which is rolled back. */
const transactions: readonly (readonly [string, readonly Statement[]])[] = [
  ["values of each type", [ROW, sql("select * from prisma_values")]],
  [
    "nulls",
    [sql("insert into prisma_values (id) values (18446744073709551)"), sql("select * from prisma_values")],
  ],
  ["no rows", [sql("select * from prisma_values where id = 0")]],
  [
    "expressions",
    [
      ROW,
      sql(
        "select count(*), sum(whole), avg(twice), now() > 0, null, 'a', 1.5, x'0102', true, ? + 1, ?, json_object('a', 1) from prisma_values",
        ["bigint", "9007199254740993"],
        ["boolean", true],
      ),
    ],
  ],
  ["rows that match and do not change", [ROW, sql("update prisma_values set small = small")]],
  [
    "a savepoint",
    [sql("savepoint one"), ROW, sql("rollback to one"), sql("select count(*) from prisma_values")],
  ],
  ["a duplicate key", Array(2).fill(sql("insert into prisma_values (id) values (7)"))],
  ["a missing table", [sql("select * from missing_here")]],
  ["a missing column", [sql("select missing_here from prisma_values")]],
  ["a text that is too long", [sql("insert into prisma_values (short_text) values (repeat('a', 51))")]],
  ["a number out of range", [sql("insert into prisma_values (small) values (256)")]],
  ["a syntax error", [sql("selec 1")]],
];

async function results(
  adapter: PrismaAdapter,
  statements: readonly Statement[],
): Promise<readonly unknown[]> {
  const transaction = await adapter.startTransaction();
  const answers: unknown[] = [];
  for (const { sql, args, argTypes } of statements) {
    const call = sql.startsWith("update") ? "executeRaw" : "queryRaw";
    // Prisma changes the values.
    const answer = transaction[call]({ sql, args: [...args], argTypes });
    answers.push(await answer.catch((error: Error) => ({ error, cause: error.cause })));
  }
  await transaction.rollback();
  return answers;
}

describe("Prisma over a pool of mysql2", () => {
  test.each(transactions)("answers as over one of mariadb: %s", async (_name, statements) => {
    expect(await results(viaProxy, statements)).toEqual(await results(bare, statements));
  });

  test("answers as over one of mariadb: without a transaction", async () => {
    const query = sql("select 1 as one, ? as text", ["string", "it's"]);
    expect(await viaProxy.queryRaw(query)).toEqual(await bare.queryRaw(query));
    expect(viaProxy.getConnectionInfo()).toEqual(bare.getConnectionInfo());
  });

  test("sends no prepared statement", async () => {
    await results(viaProxy, [ROW]);
    expect(new Set(proxy.messages().map(({ type }) => type))).toEqual(new Set(["COM_QUERY"]));
  });
});
