import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Mysql2Options } from "@rds-proxy/adapter-mysql2";
import type { QueryOptions, RowDataPacket } from "mysql2/promise";
import type { Program } from "../compare.js";
import type { MysqlDb } from "../sides/mysql2.js";

type MysqlProgram = Program<MysqlDb, Mysql2Options>;

/** Values by the type that the server gives them: what mysql2 makes of each is compared, as text and in binary. */
const VALUES: Readonly<Record<string, string>> = {
  integers: "select cast(1 as signed) as a, 2147483647 as b, -1 as c, 0 as zero, cast(255 as unsigned) as u",
  "big integers":
    "select 9223372036854775807 as big, 9007199254740993 as unsafe, 18446744073709551615 as u, -9007199254740993 as n",
  decimals:
    "select 1.10 as a, 12345678901234567890.0123456789 as b, cast(1 as decimal(10,3)) as c, 1.5 + 1 as d",
  doubles: "select 1.5e0 as a, 0.1e0 + 0.2e0 as b, 1e300 as c, -0e0 as d",
  texts:
    "select 'it''s' as a, '' as empty, 'a\\\\b\\n\\0c' as b, _utf8mb4 x'f09f9880' as smile, repeat('x', 70000) as long_one",
  bytes: "select x'00ff10' as a, _binary 'abc' as b, cast('x' as binary(3)) as padded",
  dates:
    "select cast('2024-02-29' as date) as d, cast('2024-02-29 01:02:03.456789' as datetime(6)) as dt, cast('01:02:03.5' as time(1)) as t, cast('0001-01-01' as date) as old",
  "no values": "select null as a, cast(null as date) as d, cast(null as decimal) as n",
  bits: "select b'101' as a, b'0' as b, true as t, false as f",
  json: `select json_object('a', json_array(1, null, 'x')) as j, json_extract('{"a": 1.5}', '$.a') as n`,
  "columns of one name": "select 1 as a, 2 as a, 3 as b, 4",
  "odd names of columns":
    "select 1 as `__proto__`, 2 as `constructor`, 3 as `a b`, 4 as `Ä`, 5 as `0`, 6 as `toString`",
  "no rows": "select 1 as a from dual where false",
  "many rows":
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 900) select i, concat('row ', i) as t from n",
};

/** One table with a column of each type, filled with its ends. */
const EVERY_TYPE = `create table every_type (
  id int primary key auto_increment, ti tinyint, tb tinyint(1), si smallint unsigned, mi mediumint, bi bigint, bu bigint unsigned,
  de decimal(20,5), fl float, dp double, bt bit(10), ye year, da date, ti6 time(6), dt datetime(3), ts timestamp(6) null,
  ch char(5), vc varchar(50), tx text, bn binary(4), vb varbinary(10), bl blob, en enum('a','b'), st set('x','y','z'), js json, pt point
) default charset utf8mb4`;
const EVERY_VALUE = `insert into every_type values
  (1, -128, 1, 65535, -8388608, -9223372036854775808, 18446744073709551615, 123456789012345.12345, 1.5, 0.1, b'1010101010', 2024,
   '2024-02-29', '-838:59:59', '2024-02-29 01:02:03.456', '2024-07-01 12:00:00.123456', 'ab', 'é😀', repeat('t', 300), 'bin', x'00ff',
   x'deadbeef', 'b', 'x,z', '{"a": [1, 2.5, null]}', point(1, 2)),
  (2, null, 0, 0, 0, 9007199254740993, 9007199254740993, -0.00001, -1e10, 1e300, b'0', 1901, '1000-01-01', '00:00:00',
   '9999-12-31 23:59:59.999', '1970-01-01 00:00:01', '', '', '', '', '', '', 'a', '', 'null', null),
  (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
   null, null, null, null)`;

async function fillEveryType(db: MysqlDb): Promise<void> {
  await db.query(EVERY_TYPE);
  await db.query("set time_zone = '+00:00'");
  await db.query(EVERY_VALUE);
}

/** Options of a query or of the connection, each of which changes what values become. */
const OPTIONS: Readonly<Record<string, Mysql2Options & Partial<QueryOptions>>> = {
  "rows as arrays": { rowsAsArray: true },
  "nested tables": { nestTables: true },
  "nested tables with a separator": { nestTables: "_" },
  "dates as texts": { dateStrings: true },
  "some dates as texts": { dateStrings: ["DATE"] },
  "big numbers": { supportBigNumbers: true },
  "big numbers as texts": { supportBigNumbers: true, bigNumberStrings: true },
  "decimals as numbers": { decimalNumbers: true },
  "the zone UTC": { timezone: "Z" },
  "a zone of its own": { timezone: "+05:30" },
  "no casts": { typeCast: false },
  "casts of its own": {
    typeCast: (field, next) =>
      field.type === "NEWDECIMAL" ? `own ${field.string()}` : [field.type, field.name, next()],
  },
  "JSON as texts": { jsonStrings: true },
  "no eval": { disableEval: true },
};

const everyType = Object.entries(OPTIONS).flatMap(([name, options]): MysqlProgram[] => [
  {
    name: `the connection's option: ${name}`,
    options: omitQueryOnly(options),
    async run(db, { attempt }) {
      await fillEveryType(db);
      await attempt("query", () => db.query("select * from every_type order by id"));
      await attempt("execute", () => db.execute("select * from every_type where id < ? order by id", [9]));
    },
  },
  {
    name: `a query's option: ${name}`,
    async run(db, { attempt }) {
      await fillEveryType(db);
      const sql = "select * from every_type order by id";
      await attempt("query", () => db.query({ sql, ...options }));
      await attempt("execute", () => db.execute({ sql, ...options }));
      await attempt("query with values", () => db.query({ sql: "select ? as v", values: [1.5], ...options }));
    },
  },
]);

function omitQueryOnly(options: Mysql2Options): Mysql2Options {
  return { ...options };
}

const values = Object.entries(VALUES).map(
  ([name, sql]): MysqlProgram => ({
    name: `values: ${name}`,
    async run(db, { attempt }) {
      await attempt("query", () => db.query(sql));
      await attempt("execute", () => db.execute(sql));
      await attempt("as arrays", () => db.query({ sql, rowsAsArray: true }));
    },
  }),
);

const BOUND: Readonly<Record<string, readonly unknown[]>> = {
  numbers: [1, -1, 0, -0, 1.5, 1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53],
  bigints: [1n, -(2n ** 63n), 2n ** 64n - 1n],
  texts: ["", "it's", "a\\b", "\u00e9\u{1f600}", "a\nb\0c\x1a", '"', "?", "x".repeat(20_000)],
  booleans: [true, false],
  nothing: [null, undefined],
  dates: [new Date(0), new Date(Date.UTC(2024, 1, 29, 1, 2, 3, 456)), new Date(Number.NaN)],
  bytes: [Buffer.from([0, 255, 16]), Buffer.alloc(0), new Uint8Array([1, 2])],
  arrays: [
    [1, 2],
    [],
    [
      [1, "a"],
      [2, "b"],
    ],
    ["x", null],
  ],
  objects: [{ a: 1 }, {}, { toString: () => "own" }, { toSqlString: () => "1 + 1" }, new Map([[1, 2]])],
  strange: [Symbol.iterator, () => 1, /x/],
};

const bound = Object.entries(BOUND).map(
  ([name, given]): MysqlProgram => ({
    name: `binds: ${name}`,
    // What a value becomes in the text is compared by the messages, too.
    async run(db, { attempt }) {
      for (const [i, value] of given.entries()) {
        await attempt(`query ${i}`, () => db.query("select ? as v", [value]));
        await attempt(`execute ${i}`, () => Reflect.apply(db.execute, db, ["select ? as v", [value]]));
      }
      return (await db.query("select 1 as still_alive"))[0];
    },
  }),
);

const FAILURES: Readonly<Record<string, string>> = {
  "a syntax error": "selec 1",
  "an unknown table": "select * from nowhere",
  "an unknown column": "select nothing from items",
  "a duplicate key": "insert into items values (1, 'again')",
  "a missing value": "insert into items values (9, null)",
  "a foreign key": "insert into parts values (1, 99)",
  "a text that is too long": "insert into items values (9, repeat('x', 100))",
  "an unknown function": "select no_such_function(1)",
  "a signal": "call fail()",
  "a value out of range": "select cast(9223372036854775807 as signed) + 1",
  "more rows than one": "select (select 1 union select 2)",
  "an empty statement": "",
  "a comment only": "-- nothing",
  "several statements": "select 1; select 2",
  "an unknown database": "use no_such_database_here",
};

const failures = Object.entries(FAILURES).map(
  ([name, sql]): MysqlProgram => ({
    name: `fails: ${name}`,
    async run(db, { attempt }) {
      await db.query("create table items (id int primary key, name varchar(50) not null)");
      await db.query(
        "create table parts (id int, item int, constraint part_of foreign key (item) references items (id))",
      );
      await db.query(
        "create procedure fail() signal sqlstate '45000' set message_text = 'own', mysql_errno = 1234",
      );
      await db.query("insert into items values (1, 'one')");
      await attempt("query", () => db.query(sql));
      await attempt("execute", () => db.execute(sql));
      await attempt("prepare", async () => {
        const statement = await db.prepare(sql);
        await statement.close();
      });
      return (await db.query("select 1 as still_alive"))[0];
    },
  }),
);

const forms: readonly MysqlProgram[] = [
  { name: "query: a text", run: (db) => db.query("select 1 as one, 'x' as x, null as nothing") },
  { name: "query: values", run: (db) => db.query("select ? as n, ? as t", [7, "it's"]) },
  { name: "query: one value without an array", run: (db) => db.query("select ? as n", 7) },
  { name: "query: an object", run: (db) => db.query({ sql: "select ? as n", values: [7] }) },
  { name: "query: an object and values", run: (db) => db.query({ sql: "select ? as n" }, [8]) },
  { name: "query: names", run: (db) => db.query("select ?? from (select 1 as `a``b`) as t", ["a`b"]) },
  {
    name: "query: an object as a list of columns",
    async run(db) {
      await db.query("create table t (a int, b varchar(9))");
      return db.query("insert into t set ?", { a: 1, b: "it's" });
    },
  },
  {
    name: "query: many rows in one insert",
    async run(db) {
      await db.query("create table t (a int, b varchar(9))");
      return db.query("insert into t (a, b) values ?", [
        [
          [1, "x"],
          [2, null],
          [3, "it's"],
        ],
      ]);
    },
  },
  {
    name: "query: named placeholders",
    options: { namedPlaceholders: true },
    run: (db) => db.query("select :n as n, :t as t, :n as again", { n: 1, t: "x" }),
  },
  {
    name: "query: named placeholders of one query",
    run: (db) => db.query({ sql: "select :n as n", values: { n: 1 }, namedPlaceholders: true }),
  },
  { name: "execute: values", run: (db) => db.execute("select ? as n, ? as t", [7, "it's"]) },
  {
    name: "execute: the same twice",
    run: async (db) => [await db.execute("select ? as n", [1]), await db.execute("select ? as n", [2])],
  },
  {
    name: "execute: named placeholders",
    options: { namedPlaceholders: true },
    run: (db) => db.execute("select :n as n, :t as t", { n: 1, t: "x" }),
  },
  {
    name: "execute: too few values",
    // Which error it is depends on whether the server was offered query attributes, which a proxy may not offer.
    async run(db, { record }) {
      const failed = db.execute("select ? as a, ? as b", [1]).catch((error: unknown) => error);
      record("SQL state", Reflect.get(Object(await failed), "sqlState"));
    },
  },
  {
    name: "execute: an insert",
    async run(db) {
      await db.query("create table t (id int primary key auto_increment, a int)");
      return db.execute("insert into t (a) values (?), (?)", [1, 2]);
    },
  },
  {
    name: "query: arguments that are no query",
    async run(db, { attempt }) {
      for (const wrong of [undefined, null, 7, {}, []])
        await attempt(String(wrong), () => Reflect.apply(db.query, db, [wrong]));
    },
  },
  {
    name: "query: a format of its own",
    options: { queryFormat: (sql: string, given: unknown) => `${sql} /* ${JSON.stringify(given)} */` },
    run: (db) => db.query("select 1 as one", { a: 1 }),
  },
  {
    name: "query: several statements",
    options: { multipleStatements: true },
    run: (db) =>
      db.query("create table t (a int); insert into t values (1), (2); select a from t; select 2 as b"),
  },
  {
    name: "query: several statements, one of which fails",
    options: { multipleStatements: true },
    run: (db, { attempt }) => attempt("query", () => db.query("select 1 as a; select nothing; select 2")),
  },
  {
    name: "query: objects as texts",
    options: { stringifyObjects: true },
    run: (db) => db.query("select ? as v", [{ a: 1 }]),
  },
  {
    name: "query: traces",
    options: { trace: false },
    run: (db, { attempt }) => attempt("query", () => db.query("selec")),
  },
  {
    name: "query: a limit of time",
    messages: "not at all",
    async run(db, { attempt }) {
      await attempt("query", () => db.query({ sql: "select sleep(0.3)", timeout: 30 }));
    },
  },
  {
    name: "execute: a limit of time",
    messages: "not at all",
    async run(db, { attempt }) {
      await attempt("execute", () => db.execute({ sql: "select sleep(0.3)", timeout: 30 }));
    },
  },
  {
    name: "a prepared statement",
    async run(db, { record }) {
      const statement = await db.prepare("select ? as n, ? as t");
      record("first", await statement.execute([1, "a"]));
      record("second", await statement.execute([2, null]));
      record("closed", await statement.close());
    },
  },
  {
    name: "a prepared statement that is unprepared",
    async run(db, { record }) {
      await db.execute("select ? as n", [1]);
      record("unprepared", typeof db.unprepare("select ? as n"));
      record("again", await db.execute("select ? as n", [2]));
    },
  },
  {
    name: "a procedure with two results",
    async run(db, { record }) {
      await db.query("create procedure two(in a int) begin select a as first; select a + 1 as second; end");
      record("query", await db.query("call two(?)", [1]));
      record("execute", await db.execute("call two(?)", [5]));
    },
  },
  {
    name: "a stream",
    async run(db) {
      const rows: unknown[] = [];
      for await (const row of streamOf(db, VALUES["many rows"] ?? "")) rows.push(row);
      return [rows, (await db.query("select 1 as one"))[0]];
    },
  },
  {
    name: "a stream that is left early",
    async run(db) {
      for await (const row of streamOf(db, VALUES["many rows"] ?? "")) {
        if (row) break;
      }
      return (await db.query("select 1 as one"))[0];
    },
  },
  {
    name: "a stream that fails",
    async run(db, { attempt }) {
      await attempt("reading", async () => {
        for await (const row of streamOf(db, "select nothing")) return row;
      });
      return (await db.query("select 1 as one"))[0];
    },
  },
  {
    name: "the connection with callbacks",
    async run(db) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      coreOf(db).query("select ? as n", [7], (...args: unknown[]) => resolve(args));
      return promise;
    },
  },
  {
    name: "the connection with callbacks: events of a query",
    async run(db) {
      const events: unknown[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      coreOf(db)
        .query("select 1 as a union all select 2")
        .on("fields", (fields: unknown) => events.push(["fields", fields]))
        .on("result", (row: unknown, index: unknown) => events.push(["result", row, index]))
        .on("error", (error: unknown) => events.push(["error", error]))
        .on("end", () => resolve());
      await promise;
      return events;
    },
  },
  {
    name: "the connection with callbacks: an error",
    async run(db) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      coreOf(db).execute("select nothing", (...args: unknown[]) => resolve(args));
      return promise;
    },
  },
  {
    name: "the promises of the connection with callbacks",
    run: async (db) => (await coreOf(db).promise().query("select 1 as one"))[0],
  },
  {
    name: "LOAD DATA LOCAL from a stream",
    messages: "not at all",
    async run(db, { attempt }) {
      await db.query("create table t (a int, b varchar(9))");
      await attempt("load", () =>
        db.query({
          sql: "load data local infile 'x' into table t fields terminated by ','",
          infileStreamFactory: () => Readable.from([Buffer.from("1,a\n2,b\n")]),
        }),
      );
    },
  },
  {
    name: "LOAD DATA LOCAL without a stream",
    messages: "not at all",
    async run(db, { attempt }) {
      await db.query("create table t (a int)");
      await attempt("load", () => db.query("load data local infile '/etc/hostname' into table t"));
    },
  },
];

interface Core {
  query(...args: unknown[]): NodeJS.EventEmitter & { stream(): AsyncIterable<unknown> };
  execute(...args: unknown[]): NodeJS.EventEmitter;
  promise(): MysqlDb;
}

/** The connection with callbacks, whose typings differ from what they return. */
function coreOf(db: MysqlDb): Core {
  const core: unknown = Reflect.get(db, "connection");
  return core as Core;
}

function streamOf(db: MysqlDb, sql: string): AsyncIterable<unknown> {
  return coreOf(db).query(sql).stream();
}

const sessions: readonly MysqlProgram[] = [
  {
    name: "a transaction that is committed",
    async run(db, { record }) {
      await db.query("create table t (a int)");
      record("begin", await db.beginTransaction());
      record("insert", await db.query("insert into t values (1)"));
      record("commit", await db.commit());
    },
  },
  {
    name: "a transaction that is rolled back",
    async run(db, { record }) {
      await db.query("create table t (a int)");
      await db.beginTransaction();
      await db.query("insert into t values (1)");
      record("rollback", await db.rollback());
    },
  },
  {
    name: "a transaction in which a statement fails",
    async run(db, { attempt }) {
      await db.query("create table t (a int primary key)");
      await db.query("begin");
      await db.query("insert into t values (1)");
      await attempt("again", () => db.query("insert into t values (1)"));
      await db.query("insert into t values (2)");
      await db.query("commit");
    },
  },
  {
    name: "savepoints",
    async run(db, { attempt }) {
      await db.query("create table t (a int)");
      await db.beginTransaction();
      await db.query("savepoint one");
      await db.query("insert into t values (1)");
      await db.query("rollback to one");
      await db.query("insert into t values (2)");
      await db.commit();
      await attempt("outside", () => db.query("rollback to one"));
    },
  },
  {
    name: "statements without autocommit",
    async run(db) {
      await db.query("create table t (a int)");
      await db.query("set autocommit = 0");
      await db.query("insert into t values (1)");
      await db.rollback();
      await db.query("insert into t values (2)");
      await db.commit();
      await db.query("set autocommit = 1");
    },
  },
  {
    name: "queries in parallel",
    run: (db) => Promise.all([1, 2, 3, 4].map(async (n) => (await db.query("select ? as n", [n]))[0])),
  },
  {
    name: "queries in parallel, some of which fail",
    async run(db) {
      const settled = await Promise.allSettled(
        ["select 1 as a", "select nothing", "select 2 as b", "selec"].map((sql) => db.query(sql)),
      );
      return settled.map((one) => (one.status === "fulfilled" ? one.value[0] : one.reason));
    },
  },
  {
    name: "a failing query without a callback or an awaited promise",
    async run(db) {
      db.query("select nothing");
      await db.query("select 1");
      await nextTurn();
    },
  },
  {
    name: "counts and numbers of changes",
    async run(db, { record }) {
      await db.query("create table t (id int primary key auto_increment, a int, b varchar(9))");
      for (const sql of [
        "insert into t (a) values (1), (2), (3)",
        "insert into t (id, a) values (1, 5) on duplicate key update a = values(a)",
        "insert ignore into t (id, a) values (1, 6)",
        "replace into t (id, a) values (1, 7)",
        "update t set a = a where id > 0",
        "update t set b = 'too long for nine' where id = 2 and false",
        "delete from t where id = 3",
        "truncate t",
        "alter table t add column c int",
        "set @x = 1",
        "do 1",
        "show tables",
        "explain select 1",
      ]) {
        record(sql, await db.query(sql));
      }
    },
  },
  {
    name: "warnings",
    async run(db, { record }) {
      await db.query("set sql_mode = ''");
      await db.query("create table t (a tinyint)");
      record("insert", await db.query("insert into t values (1000), ('x')"));
      record("warnings", (await db.query("show warnings"))[0]);
    },
  },
  {
    name: "variables and settings of the session",
    async run(db, { record }) {
      await db.query("set @a = 1, @b = 'x'");
      record("variables", (await db.query("select @a as a, @b as b, @c as c"))[0]);
      await db.query("set names latin1");
      record("names", (await db.query("select 'é' as e, @@character_set_client as c"))[0]);
      await db.query("set names utf8mb4");
      for (const zone of ["+00:00", "+09:00", "-03:30"]) {
        await db.query("set time_zone = ?", [zone]);
        record(
          zone,
          (
            await db.query("select from_unixtime(1720000000) as at, timestamp '2024-07-01 12:00:00' as fixed")
          )[0],
        );
      }
      record(
        "modes",
        (await db.query("select @@sql_mode as m, @@collation_connection as c, @@autocommit as a"))[0],
      );
    },
  },
  {
    name: "temporary tables and named locks",
    async run(db, { record }) {
      await db.query("create temporary table own (a int)");
      await db.query("insert into own values (1)");
      record("rows", (await db.query("select * from own"))[0]);
      record(
        "lock",
        (await db.query("select get_lock('fidelity', 0) as got, release_lock('fidelity') as released"))[0],
      );
      await db.query("prepare p from 'select ? + 1 as x'");
      await db.query("set @v = 4");
      record("prepared", (await db.query("execute p using @v"))[0]);
    },
  },
  { name: "ping", run: (db) => db.ping() },
  {
    name: "a reset of the session",
    async run(db, { record, attempt }) {
      await db.query("set @a = 1");
      await attempt("reset", () => Reflect.apply(Reflect.get(db, "reset"), db, []));
      record("variables", (await db.query("select @a as a, database() as d"))[0]);
    },
  },
  {
    name: "another database by USE",
    async run(db, { record }) {
      record("use", await db.query("use information_schema"));
      record("database", (await db.query("select database() as d"))[0]);
    },
  },
  {
    name: "large values both ways",
    messages: "not at all",
    run: (db) => db.query("select ? as t, ? as b", ["é".repeat(200_000), Buffer.alloc(200_000, 7)]),
  },
  {
    name: "a result of more than 16 MB",
    messages: "not at all",
    run: async (db) => {
      const [rows] = await db.query<RowDataPacket[]>("select repeat('x', 17000000) as x");
      return String(rows[0]?.["x"]).length;
    },
  },
  {
    name: "the thread is killed",
    messages: "not at all",
    async run(db, { direct, record }) {
      db.on("error", () => undefined);
      const [rows] = await db.query<RowDataPacket[]>("select connection_id() as id");
      await db.query("begin");
      const sleeping = db.query("select sleep(5)").catch((error: unknown) => error);
      await untilRunning(direct, "select sleep(5)", rows[0]?.["id"]);
      await direct(`kill ${rows[0]?.["id"]}`);
      record("error", Reflect.get(Object(await sleeping), "name"));
    },
  },
  {
    name: "the statement is killed from elsewhere",
    messages: "not at all",
    async run(db, { direct, attempt }) {
      const [rows] = await db.query<RowDataPacket[]>("select connection_id() as id");
      await db.query("begin");
      const sleeping = db.query("select benchmark(100000000000, 1)").then(
        () => "done",
        (error: unknown) => error,
      );
      await untilRunning(direct, "select benchmark(100000000000, 1)", rows[0]?.["id"]);
      await direct(`kill query ${rows[0]?.["id"]}`);
      await attempt("the statement", async () => {
        throw await sleeping;
      });
      await db.query("rollback");
    },
  },
];

async function untilRunning(
  direct: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>,
  statement: string,
  id: unknown,
): Promise<void> {
  for (;;) {
    const rows = await direct(`select info from information_schema.processlist where id = ${id}`);
    if (rows.some((row) => Object.values(row).includes(statement))) return;
  }
}

const objects: readonly MysqlProgram[] = [
  {
    name: "escape, escapeId and format",
    run: async (db) => [
      db.escape("it's \\ \0"),
      db.escape(new Date(0)),
      db.escape([1, ["a"]]),
      db.escape({ a: 1 }),
      db.escapeId("a.b`c"),
      Reflect.apply(db.escapeId, db, ["a.b", true]),
      db.format("select ?? = ? and ?", ["a", 1.5, Buffer.from("x")]),
      db.escape(null),
      db.escape(undefined),
    ],
  },
  {
    name: "escape with the zone of the connection",
    options: { timezone: "+05:30" },
    run: async (db) => [db.escape(new Date(0)), db.format("?", [new Date(0)])],
  },
  {
    name: "events: the listeners",
    async run(db, { record }) {
      const listener = (): undefined => undefined;
      const before = db.listenerCount("error");
      record("on", db.on("error", listener));
      record("once", db.once("error", listener));
      record("count", db.listenerCount("error") - before);
      record("off", db.off("error", listener));
      record("remove", db.removeListener("error", listener));
      record("left", db.listenerCount("error") - before);
      record("emit", db.emit("something", 1));
    },
  },
  {
    name: "properties of the connection",
    run: async (db) => [
      db.config.database,
      db.config.user,
      typeof db.threadId,
      db.threadId > 0,
      db.config.namedPlaceholders,
      db.config.dateStrings,
      db.config.timezone,
      db.config.supportBigNumbers,
      db.config.multipleStatements,
      db.config.rowsAsArray,
      db.config.typeCast,
      db.config.charsetNumber,
      typeof Reflect.get(db.config, "clientFlags"),
    ],
  },
  {
    name: "methods of the connection",
    run: async (db) =>
      [
        "query",
        "execute",
        "prepare",
        "ping",
        "end",
        "destroy",
        "pause",
        "resume",
        "escape",
        "escapeId",
        "format",
        "changeUser",
        "reset",
        "unprepare",
      ].map((name) => [name, typeof Reflect.get(db, name)]),
  },
  {
    name: "pause and resume",
    async run(db) {
      const query = db.query(VALUES["many rows"] ?? "");
      db.pause();
      await nextTurn();
      db.resume();
      const [rows] = await query;
      return rows;
    },
  },
];

export const mysql2Programs: readonly MysqlProgram[] = [
  ...forms,
  ...values,
  ...everyType,
  ...bound,
  ...failures,
  ...sessions,
  ...objects,
];
