import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import pg from "pg";
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";
import type { Program } from "../compare.js";
import type { PgDb, PgProgramOptions } from "../sides/pg.js";

type PgProgram = Program<PgDb, PgProgramOptions>;

/** Values by the type that PostgreSQL gives them: what a parser of node-postgres makes of each is compared. */
const VALUES: Readonly<Record<string, string>> = {
  boolean: "select true as t, false as f, null::boolean as n",
  smallint: "select (-32768)::smallint as a, 32767::smallint as b",
  integer: "select (-2147483648)::int as a, 2147483647 as b, 0 as zero",
  bigint: "select 9223372036854775807 as big, 9007199254740993 as unsafe, 1::bigint as small",
  numeric:
    "select 1.10::numeric as a, 12345678901234567890.0123456789 as b, 'NaN'::numeric as c, 1e-7::numeric as d",
  real: "select 1.5::real as a, 'NaN'::real as nan, 'Infinity'::real as inf, '-0'::real as zero, 0.1::real as b",
  double: "select 0.1::float8 + 0.2 as a, '-Infinity'::float8 as b, '-0'::float8 as c, 5e-324::float8 as d",
  text: "select 'it''s' as a, '' as empty, E'\\\\ \\n \\u00e9 \\U0001F600' as b, repeat('x', 5000) as long",
  char: "select 'a'::char(5) as padded, 'b'::\"char\" as internal, 'n'::name as name",
  bytea: "select '\\x00ff10'::bytea as a, ''::bytea as empty, decode('deadbeef', 'hex') as b",
  json: `select '{"a":[1,null,{"b":"c"}]}'::json as j, '[1e400, -0]'::jsonb as b, 'null'::json as n, '"x"'::jsonb as s`,
  "json with numbers": "select '12345678901234567890'::json as big, '0.1'::jsonb as small",
  date: "select '2024-02-29'::date as d, 'infinity'::date as inf, '0044-03-15 BC'::date as bc",
  timestamp:
    "select '2024-02-29 01:02:03.456789'::timestamp as a, 'infinity'::timestamp as inf, '-infinity'::timestamp as b",
  timestamptz:
    "select '2024-02-29 01:02:03.456+05:30'::timestamptz as a, '1883-11-18 12:00:00+00'::timestamptz as old, '10000-01-01Z'::timestamptz as far",
  time: "select '01:02:03.5'::time as a, '01:02:03+05:30'::timetz as b",
  interval: "select '1 year 2 days 03:04:05.678'::interval as a, '-1 day'::interval as b, '0'::interval as c",
  uuid: "select 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as a",
  "integer arrays": "select array[1,2,null] as a, '{}'::int[] as empty, array[[1,2],[3,4]] as nested",
  "text arrays": `select array['a','b,c','d"e',null,'NULL','{}','\\'] as a, array['']::text[] as b`,
  "other arrays":
    "select array[true,null] as b, array[1.5,2]::float8[] as f, array['2024-01-02'::date] as d, array['\\x01'::bytea] as y, array['{\"a\":1}'::jsonb] as j, array[1::bigint] as big, array[1.10::numeric] as n",
  "bounds of arrays": "select '[2:3]={7,8}'::int[] as a",
  point: "select point(1,2) as p, circle(point(0,0), 2) as c, box(point(1,1), point(0,0)) as b",
  range: "select int4range(1, 5) as a, '[2024-01-01,2024-02-01)'::daterange as d, 'empty'::int4range as e",
  network: "select '192.168.0.1/24'::inet as a, '08:00:2b:01:02:03'::macaddr as m, '10.0.0.0/8'::cidr as c",
  bits: "select B'101' as a, '1'::bit varying(3) as b",
  xml: "select '<a/>'::text as a, to_tsvector('english', 'a fat cat') as v, money(1.5) as m",
  record: "select row(1,'a',null) as r, (select t from (values (1,2)) t) as u",
  oid: "select 1::oid as a, 'pg_class'::regclass as c, pg_typeof(1) as t, '0/16B3748'::pg_lsn as l",
  enum: "select 'x'::text collate \"C\" as x, null::void as v",
  "columns of one name": "select 1 as a, 2 as a, 3 as b, 4",
  "odd names of columns": `select 1 as "", 2 as "a b", 3 as "__proto__", 4 as "constructor", 5 as "toString", 6 as "0", 7 as "Ä"`,
  "no columns": "select",
  "no rows": "select 1 as a where false",
  "many rows": "select i, i::text as t, i * 0.5::float8 as f from generate_series(1, 2500) as i",
};

/** Values that a program binds, each beside the text that shows what the server got. */
const BOUND: Readonly<Record<string, readonly [cast: string, values: readonly unknown[]]>> = {
  numbers: ["text", [1, -1, 0, -0, 1.5, 1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]],
  bigints: ["text", [1n, -(2n ** 63n), 10n ** 30n]],
  texts: ["text", ["", "it's", "\\", "\u00e9\u{1f600}", "a\nb", '"', "$1", "x".repeat(20_000)]],
  booleans: ["text", [true, false]],
  nothing: ["text", [null, undefined]],
  dates: [
    "text",
    [new Date(0), new Date(Date.UTC(2024, 1, 29, 1, 2, 3, 456)), new Date(-62_135_596_800_001)],
  ],
  buffers: [
    "bytea",
    [Buffer.from([0, 255, 16]), Buffer.alloc(0), new Uint8Array([1, 2]), new Uint16Array([258])],
  ],
  "array buffers": ["text", [new DataView(new ArrayBuffer(2))]],
  arrays: [
    "text",
    [
      [1, 2, null],
      [],
      [
        ["a", 'b"'],
        ["c,", "\\"],
      ],
      [true, new Date(0)],
      [Buffer.from("x")],
    ],
  ],
  objects: ["json", [{ a: 1, b: [null, "x"] }, {}, { toJSON: () => ({ own: true }) }]],
  "own conversions": [
    "text",
    [
      { toPostgres: () => "converted" },
      { toPostgres: (prepare: (value: unknown) => unknown) => prepare([1]) },
    ],
  ],
  strange: ["text", [Object.create(null), new Map([[1, 2]]), new Set([1]), /x/]],
};

const values = Object.entries(VALUES).map(
  ([name, text]): PgProgram => ({
    name: `values: ${name}`,
    async run(db, { attempt }) {
      await attempt("simple", () => db.query(text));
      await attempt("extended", () => db.query({ text, values: [] }));
      await attempt("as arrays", () => db.query({ text, rowMode: "array" }));
    },
  }),
);

const bound = Object.entries(BOUND).map(
  ([name, [cast, given]]): PgProgram => ({
    name: `binds: ${name}`,
    async run(db, { attempt }) {
      for (const [i, value] of given.entries()) {
        await attempt(
          `value ${i}`,
          async () => (await db.query(`select $1::${cast}::text as v`, [value])).rows,
        );
      }
    },
  }),
);

const FAILURES: Readonly<Record<string, string>> = {
  "a syntax error": "selec 1",
  "an unknown table": "select * from nowhere",
  "an unknown column": "select nothing from (values (1)) as t(a)",
  "a division by zero": "select 1 / (i - 3) from generate_series(1, 5) as i",
  "an invalid text": "select 'x'::int",
  "a unique violation": "insert into items values (1, 'again')",
  "a check violation": "insert into items values (-1, 'negative')",
  "a missing value": "insert into items values (9, null)",
  "a foreign key": "insert into parts values (1, 99)",
  "an unknown function": "select no_such_function(1)",
  "a raised error": `do $$ begin raise exception using message = 'own', detail = 'more', hint = 'try', errcode = 'P1234',
    column = 'c', table = 't', constraint = 'k', datatype = 'd', schema = 's'; end $$`,
  "a cancelled statement": "select pg_cancel_backend(pg_backend_pid()), pg_sleep(1)",
  "an empty statement": "",
  "a comment only": "-- nothing",
  "a name that is too long": `select 1 as ${"x".repeat(100)}`,
  "a null byte": "select 'a\0b'",
  "several statements, the second wrong":
    "insert into items values (5, 'x'); select 1/0; insert into items values (6, 'y')",
};

const failures = Object.entries(FAILURES).map(
  ([name, text]): PgProgram => ({
    name: `fails: ${name}`,
    async run(db, { attempt }) {
      await db.query("create table items (id int primary key check (id > 0), name text not null)");
      await db.query("create table parts (id int, item int references items)");
      await db.query("insert into items values (1, 'one')");
      await attempt("simple", () => db.query(text));
      await attempt("extended", () => db.query(text, []));
      await attempt("with a value", () => db.query(text, [1]));
      return (await db.query("select 1 as still_alive")).rows;
    },
  }),
);

/** Options of a query that work and that the types of node-postgres do not have. */
function untyped(config: pg.QueryConfig & Readonly<Record<string, unknown>>): pg.QueryConfig {
  return config;
}

const forms: readonly PgProgram[] = [
  { name: "query: a text", run: (db) => db.query("select 1 as one, 'x' as x, null as nothing") },
  { name: "query: values", run: (db) => db.query("select $1::int as n, $2::text as t", [7, "it's"]) },
  { name: "query: an object", run: (db) => db.query({ text: "select $1::int as n", values: [7] }) },
  {
    name: "query: an object and values",
    run: (db) => db.query({ text: "select $1::int as n" }, [8]),
  },
  {
    name: "query: rows as arrays",
    run: (db) => db.query({ text: "select 1 as a, 2 as a", rowMode: "array" }),
  },
  {
    name: "query: types of its own",
    run: (db) =>
      db.query({
        text: "select 1::int as n, 'a' as t, now() is not null as b, array[1,2] as l",
        types: { getTypeParser: (oid, format) => (value: unknown) => `${oid} ${format ?? "none"} ${value}` },
      }),
  },
  {
    name: "query: a callback",
    async run(db, { record }) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      const returned: unknown = db.query("select 1 as one", (...args: unknown[]) => resolve(args));
      record("the call", returned);
      return promise;
    },
  },
  {
    name: "query: values and a callback",
    async run(db, { record }) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      const returned: unknown = db.query("select $1::int as n", [3], (...args: unknown[]) => resolve(args));
      record("the call", returned);
      return promise;
    },
  },
  {
    name: "query: a callback in the object",
    async run(db, { record }) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      const config = { text: "select 1 as one", callback: (...args: unknown[]) => resolve(args) };
      record("the call", db.query(config));
      return promise;
    },
  },
  {
    name: "query: a callback that gets an error",
    async run(db) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      db.query("select nothing", (...args: unknown[]) => resolve(args));
      return promise;
    },
  },
  {
    name: "query: a name, used twice with other values",
    async run(db, { record }) {
      record("first", await db.query({ name: "by-id", text: "select $1::int as n", values: [1] }));
      record("second", await db.query({ name: "by-id", text: "select $1::int as n", values: [2] }));
    },
  },
  {
    name: "query: a name for two texts",
    async run(db, { attempt }) {
      await attempt("first", () => db.query({ name: "n", text: "select 1 as a", values: [] }));
      await attempt("second", () => db.query({ name: "n", text: "select 2 as b", values: [] }));
    },
  },
  {
    name: "query: several statements",
    run: (db) =>
      db.query(
        "create table t (a int); insert into t values (1), (2); select a from t order by a; drop table t",
      ),
  },
  {
    name: "query: several statements with values",
    run: (db, { attempt }) => attempt("query", () => db.query("select 1; select 2", [1])),
  },
  {
    name: "query: in binary",
    run: (db, { attempt }) =>
      attempt("query", () =>
        db.query(
          untyped({
            text: "select 7::int as n, 'x'::text as t, true as b, 1.5::float8 as f",
            values: [],
            binary: true,
          }),
        ),
      ),
  },
  {
    name: "query: in rows of two",
    run: (db, { attempt }) =>
      attempt("query", () =>
        db.query(untyped({ text: "select i from generate_series(1, 5) as i", values: [], rows: 2 })),
      ),
  },
  {
    name: "query: nothing",
    run: (db, { attempt }) => attempt("query", () => Reflect.apply(db.query, db, [])),
  },
  {
    name: "query: null",
    run: (db, { attempt }) => attempt("query", () => Reflect.apply(db.query, db, [null])),
  },
  {
    name: "query: a number",
    run: (db, { attempt }) => attempt("query", () => Reflect.apply(db.query, db, [7])),
  },
  {
    name: "query: values that are no array",
    run: (db, { attempt }) =>
      attempt("query", () => Reflect.apply(db.query, db, ["select $1::text as t", "x"])),
  },
  {
    name: "query: too few values",
    run: (db, { attempt }) => attempt("query", () => db.query("select $1::int, $2::int", [1])),
  },
  {
    name: "query: too many values",
    run: (db, { attempt }) => attempt("query", () => db.query("select $1::int", [1, 2])),
  },
  {
    name: "query: an object that cannot be converted",
    async run(db, { attempt }) {
      const circular: { self?: unknown } = {};
      circular.self = circular;
      await attempt("circular", () => db.query("select $1::json", [circular]));
      await attempt("throws", () =>
        db.query("select $1", [
          {
            toPostgres: () => {
              throw new RangeError("own");
            },
          },
        ]),
      );
      await attempt("afterwards", () => db.query("select 1 as one"));
    },
  },
  {
    name: "a Query with events",
    async run(db, { record }) {
      const query = new pg.Query("select i from generate_series(1, 3) as i");
      const events: unknown[] = [];
      query.on("row", (row, result) => events.push(["row", row, result?.rowCount]));
      query.on("error", (error) => events.push(["error", error]));
      const end = once(query, "end");
      const returned: unknown = db.query(query);
      record("returns the query", returned === query);
      events.push(["end", await end]);
      return events;
    },
  },
  {
    name: "a Query with an error event",
    async run(db) {
      const query = new pg.Query("select 1/(i-2) as x from generate_series(1, 3) as i");
      const rows: unknown[] = [];
      query.on("row", (row) => rows.push(row));
      const failed = once(query, "error");
      db.query(query);
      return [await failed, rows];
    },
  },
  {
    name: "a Query with a callback of its own",
    async run(db) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      db.query(new pg.Query("select $1::text as t", ["x"], (...args: unknown[]) => resolve(args)));
      return promise;
    },
  },
  {
    name: "a cursor",
    async run(db, { record }) {
      const cursor = db.query(new Cursor("select i from generate_series(1, $1) as i", [7]));
      record("first", await cursor.read(3));
      record("second", await cursor.read(3));
      record("third", await cursor.read(3));
      record("fourth", await cursor.read(3));
      await cursor.close();
      return (await db.query("select 1 as one")).rows;
    },
  },
  {
    name: "a cursor that is closed early, and one that fails",
    async run(db, { record, attempt }) {
      const cursor = db.query(new Cursor("select i from generate_series(1, 100000) as i"));
      record("rows", await cursor.read(2));
      await cursor.close();
      const wrong = db.query(new Cursor("select nothing"));
      await attempt("wrong", () => wrong.read(1));
      return (await db.query("select 1 as one")).rows;
    },
  },
  {
    name: "a cursor with rows as arrays and types of its own",
    async run(db, { record }) {
      const cursor = db.query(
        new Cursor("select 1 as a, 2 as a", [], {
          rowMode: "array",
          types: { getTypeParser: () => (value: unknown) => `own ${value}` },
        }),
      );
      record("rows", await cursor.read(5));
      await cursor.close();
    },
  },
  {
    name: "a query stream",
    async run(db, { record }) {
      const rows: unknown[] = [];
      for await (const row of db.query(
        new QueryStream("select i, i::text as t from generate_series(1, 250) as i", [], { batchSize: 100 }),
      )) {
        rows.push(row);
      }
      record("rows", rows);
      return (await db.query("select 1 as one")).rows;
    },
  },
  {
    name: "a query stream that is left early",
    async run(db, { record }) {
      for await (const row of db.query(new QueryStream("select i from generate_series(1, 10000) as i"))) {
        record("row", row);
        break;
      }
      return (await db.query("select 1 as one")).rows;
    },
  },
  {
    name: "a query stream that fails in the middle",
    messages: "not at all",
    async run(db, { attempt, record }) {
      const rows: unknown[] = [];
      await attempt("reading", async () => {
        const stream = db.query(
          new QueryStream("select 1/(i-150) as x from generate_series(1, 200) as i", [], { batchSize: 10 }),
        );
        for await (const row of stream) rows.push(row);
      });
      record("rows", rows.length);
      return (await db.query("select 1 as one")).rows;
    },
  },
  {
    name: "a custom submittable",
    async run(db) {
      const { promise, resolve } = Promise.withResolvers<unknown[]>();
      const seen: unknown[] = [];
      const submittable = {
        submit: (connection: { query(text: string): void }) => connection.query("select 1 as one"),
        handleRowDescription: ({ fields }: { fields: { name: string }[] }) =>
          seen.push(fields.map(({ name }) => name)),
        handleDataRow: ({ fields }: { fields: unknown[] }) => seen.push(fields),
        handleCommandComplete: ({ text }: { text: string }) => seen.push(text),
        handleReadyForQuery: () => resolve(seen),
        handleError: (error: Error) => seen.push(error),
      };
      Reflect.apply(db.query, db, [submittable]);
      return promise;
    },
  },
];

const sessions: readonly PgProgram[] = [
  {
    name: "a transaction that is committed",
    async run(db, { record }) {
      await db.query("create table t (a int)");
      record("begin", await db.query("begin"));
      await db.query("insert into t values (1)");
      record("commit", await db.query("commit"));
    },
  },
  {
    name: "a transaction that is rolled back",
    async run(db, { record }) {
      await db.query("create table t (a int)");
      await db.query("begin");
      await db.query("insert into t values (1)");
      record("rollback", await db.query("rollback"));
    },
  },
  {
    name: "a transaction with an error in it",
    async run(db, { attempt }) {
      await db.query("create table t (a int)");
      await db.query("begin");
      await db.query("insert into t values (1)");
      await attempt("error", () => db.query("select 1/0"));
      await attempt("aborted", () => db.query("select 1"));
      await attempt("commit", () => db.query("commit"));
    },
  },
  {
    name: "savepoints",
    async run(db, { attempt }) {
      await db.query("create table t (a int)");
      await db.query("begin; savepoint one");
      await db.query("insert into t values (1)");
      await db.query("rollback to one");
      await db.query("insert into t values (2)");
      await db.query("release one");
      await attempt("commit", () => db.query("commit"));
      await attempt("outside", () => db.query("savepoint two"));
    },
  },
  {
    name: "isolation levels",
    async run(db, { record }) {
      for (const level of ["serializable", "repeatable read", "read committed"]) {
        await db.query(`begin isolation level ${level} read only`);
        record(level, (await db.query("show transaction_isolation")).rows);
        await db.query("end");
      }
    },
  },
  {
    name: "queries that are issued in parallel",
    async run(db, { record }) {
      const all = await Promise.all([1, 2, 3, 4, 5].map((n) => db.query("select $1::int as n", [n])));
      record(
        "rows",
        all.map(({ rows }) => rows),
      );
    },
  },
  {
    name: "queries in parallel, some of which fail",
    async run(db) {
      const queries = ["select 1 as a", "select nothing", "select 2 as b", "selec"];
      const settled = await Promise.allSettled(queries.map((text) => db.query(text)));
      return settled.map((one) => (one.status === "fulfilled" ? one.value.rows : one.reason));
    },
  },
  {
    name: "queries in parallel of all forms come in their order",
    async run(db, { record }) {
      const order: unknown[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      const first = db.query("select 1").then(() => order.push("promise"));
      db.query("select 2", () => order.push("callback"));
      const query = db.query(new pg.Query("select 3"));
      query.on("end", () => order.push("Query"));
      db.query("select 4", () => {
        order.push("last");
        resolve();
      });
      await Promise.all([first, promise]);
      record("order", order);
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
    name: "notices",
    async run(db) {
      const notices: unknown[] = [];
      db.on("notice", (notice) => notices.push(notice));
      await db.query(
        "do $$ begin raise notice 'hello %', 1; raise warning using message = 'careful', detail = 'd'; end $$",
      );
      await db.query("drop table if exists never_there");
      return notices;
    },
  },
  {
    name: "LISTEN and NOTIFY",
    async run(db) {
      const received: unknown[] = [];
      db.on("notification", ({ channel, payload }) => received.push([channel, payload]));
      await db.query("listen news");
      await db.query("notify news, 'one'");
      await db.query("select pg_notify('news', 'two')");
      await db.query("unlisten news");
      await db.query("notify news, 'three'");
      return received;
    },
  },
  {
    name: "a session's zone and the style of its dates",
    async run(db, { record }) {
      const text =
        "select '2024-07-01 12:00:00Z'::timestamptz as z, '2024-07-01 12:00:00'::timestamp as t, '2024-07-01'::date as d";
      for (const zone of ["UTC", "Asia/Tokyo", "America/St_Johns", "-03"]) {
        await db.query(`set time zone '${zone}'`);
        record(zone, (await db.query(text)).rows);
      }
      await db.query("set datestyle = 'SQL, DMY'");
      record("SQL, DMY", (await db.query(text)).rows);
    },
  },
  {
    name: "settings of the session",
    async run(db, { record }) {
      record("set", await db.query("set statement_timeout = 1234"));
      record("show", (await db.query("show statement_timeout")).rows);
      record("reset", await db.query("reset statement_timeout"));
      record("encoding", (await db.query("show client_encoding")).rows);
      record("application", (await db.query("show application_name")).rows);
    },
  },
  {
    name: "temporary tables and prepared statements of SQL",
    async run(db, { record }) {
      await db.query("create temporary table own (a int) on commit preserve rows");
      await db.query("insert into own values (1)");
      await db.query("prepare p (int) as select $1 + a as sum from own");
      record("execute", await db.query("execute p (4)"));
      await db.query("deallocate p");
      record(
        "cursor",
        await db.query("begin; declare c cursor for select 1 as x; fetch 1 from c; close c; end"),
      );
    },
  },
  {
    name: "commands and their counts",
    async run(db, { record, direct }) {
      const [server] = await direct("select current_setting('server_version_num')::int as version");
      const merge =
        "merge into t using (values (2), (99)) as v(a) on t.a = v.a when matched then delete when not matched then insert (a) values (v.a)";
      for (const text of [
        "create table t (id serial primary key, a int)",
        "insert into t (a) select i from generate_series(1, 5) as i",
        "update t set a = a + 1 where a > 2 returning *",
        "delete from t where a = 1",
        // PostgreSQL 15 brought it.
        ...(Number(server?.["version"]) >= 150_000 ? [merge] : []),
        "truncate t",
        "alter table t add column b text",
        "explain (costs off) select 1",
        "show server_version_num",
        "values (1), (2)",
        "table t",
        "comment on table t is 'x'",
        "analyze t",
      ]) {
        record(text, await db.query(text));
      }
    },
  },
  {
    name: "advisory locks and large objects",
    async run(db, { record }) {
      record("lock", (await db.query("select pg_try_advisory_lock(4242) as got")).rows);
      record("unlock", (await db.query("select pg_advisory_unlock(4242) as got")).rows);
      record("made", (await db.query("select lo_from_bytea(4242, '\\x0102') as oid")).rows);
      record("object", (await db.query("select lo_get(4242) as bytes, lo_unlink(4242) as unlinked")).rows);
    },
  },
  {
    name: "large values both ways",
    async run(db, { record }) {
      const { rows } = await db.query("select $1::text as t, $2::bytea as b", [
        "é".repeat(300_000),
        Buffer.alloc(300_000, 7),
      ]);
      record("rows", rows);
    },
  },
  {
    name: "COPY by plain queries",
    async run(db, { attempt }) {
      await db.query("create table t (a int)");
      await attempt("to stdout", async () =>
        db.query("copy (select i from generate_series(1, 3) as i) to stdout"),
      );
      await attempt("from stdin", () => db.query("copy t from stdin"));
      return (await db.query("select 1 as one")).rows;
    },
  },
  {
    name: "escaping",
    run: async (db) => [
      db.escapeIdentifier(`a"b`),
      db.escapeLiteral("it's \\ here"),
      db.escapeLiteral("plain"),
      (await db.query(`select ${db.escapeLiteral("it's \\ here")} as ${db.escapeIdentifier('a"b')}`)).rows,
    ],
  },
  {
    name: "type parsers of the connection",
    async run(db, { record, attempt }) {
      record("built in", db.getTypeParser(pg.types.builtins.INT4)("7"));
      await attempt("unknown", () => Reflect.apply(db.getTypeParser, db, [987_654])("x"));
      return (await db.query("select 7::int as n")).rows;
    },
  },
  {
    name: "type parsers by the option `types`",
    options: { types: { getTypeParser: (oid: number) => (value: unknown) => `${oid}:${value}` } },
    run: (db) => db.query("select 7::int as n, 'x'::text as t, null as nothing, array[1] as l"),
  },
  {
    name: "type parsers for all connections",
    async run(db) {
      const { builtins, getTypeParser, setTypeParser } = pg.types;
      const before = getTypeParser(builtins.INT8);
      setTypeParser(builtins.INT8, BigInt);
      try {
        return (await db.query("select 9007199254740993 as big")).rows;
      } finally {
        setTypeParser(builtins.INT8, before);
      }
    },
  },
  {
    name: "the name of the application",
    options: { application_name: "fidelity" },
    run: async (db) => (await db.query("show application_name")).rows,
  },
  {
    name: "the name of the application, in default of another",
    options: { fallback_application_name: "in default" },
    run: async (db) => (await db.query("show application_name")).rows,
  },
  {
    name: "query_timeout of the connection",
    options: { query_timeout: 50 },
    messages: "not at all",
    run: (db, { attempt }) => attempt("sleep", () => db.query("select pg_sleep(0.4)")),
  },
  {
    name: "query_timeout of a query",
    messages: "not at all",
    async run(db, { attempt }) {
      await attempt("sleep", () => db.query(untyped({ text: "select pg_sleep(0.2)", query_timeout: 20 })));
      await attempt("afterwards", () => db.query("select 1 as one"));
    },
  },
  {
    name: "the backend is terminated",
    messages: "not at all",
    async run(db, { attempt, direct }) {
      db.on("error", () => undefined);
      const { rows } = await db.query("select pg_backend_pid() as pid");
      await db.query("begin");
      const sleeping = db.query("select pg_sleep(5)").catch((error: unknown) => error);
      await direct(`do $$ begin while not exists (select from pg_stat_activity where pid = ${rows[0]?.pid} and query like '%pg_sleep(5)%')
        loop perform pg_sleep(0.01); perform pg_stat_clear_snapshot(); end loop; end $$`);
      await direct(`select pg_terminate_backend(${rows[0]?.pid}, 5000)`);
      await attempt("the statement", async () => {
        throw await sleeping;
      });
    },
  },
  {
    name: "the statement is cancelled from elsewhere",
    async run(db, { direct }) {
      const { rows } = await db.query("select pg_backend_pid() as pid");
      await db.query("begin");
      const sleeping = db.query("select pg_sleep(6)").catch((error: unknown) => error);
      await direct(`do $$ begin while not exists (select from pg_stat_activity where pid = ${rows[0]?.pid} and query like '%pg_sleep(6)%')
        loop perform pg_sleep(0.01); perform pg_stat_clear_snapshot(); end loop; perform pg_cancel_backend(${rows[0]?.pid}); end $$`);
      const error = await sleeping;
      await db.query("rollback");
      return [error, (await db.query("select 1 as one")).rows];
    },
  },
];

const objects: readonly PgProgram[] = [
  {
    name: "events: the listeners",
    async run(db, { record }) {
      const listener = (): undefined => undefined;
      record("on", db.on("notice", listener));
      record("once", db.once("notice", listener));
      record("count", db.listenerCount("notice"));
      record("off", db.off("notice", listener));
      record("remove", db.removeListener("notice", listener));
      record("left", db.listenerCount("notice"));
      record("emit", db.emit("something", 1));
    },
  },
  {
    name: "events: drain",
    async run(db) {
      let drained = 0;
      db.on("drain", () => {
        drained += 1;
      });
      await db.query("select 1");
      await nextTurn();
      await Promise.all([db.query("select 1"), db.query("select 2")]);
      await nextTurn();
      return drained > 0;
    },
  },
  {
    name: "properties that are assigned to the client",
    async run(db) {
      Object.assign(db, { own: "mark" });
      return [Reflect.get(db, "own"), "own" in db, Object.hasOwn(db, "own"), Object.keys(db).includes("own")];
    },
  },
  {
    name: "a wrapped query method is used",
    async run(db, { record }) {
      const query: (...args: unknown[]) => unknown = db.query.bind(db);
      const texts: unknown[] = [];
      Reflect.set(db, "query", (...args: unknown[]) => {
        texts.push(args[0]);
        return query(...args);
      });
      record("rows", (await db.query("select 1 as one")).rows);
      record("texts", texts);
    },
  },
  {
    name: "the class of the client",
    run: async (db) => [
      db instanceof pg.Client,
      Object.prototype.toString.call(db),
      typeof db.query,
      typeof db.connect,
      Reflect.get(db, "port") === undefined,
      Reflect.get(db, "database"),
      typeof Reflect.get(db, "processID"),
    ],
  },
  {
    name: "connecting again is refused",
    run: (db, { attempt }) => attempt("connect", () => Reflect.apply(db.connect, db, [])),
  },
  {
    name: "methods of the client have their names and lengths",
    run: async (db) =>
      ["query", "escapeIdentifier", "escapeLiteral", "getTypeParser", "on"].map((name) => {
        const method: unknown = Reflect.get(db, name);
        return [name, typeof method];
      }),
  },
];

export const pgPrograms: readonly PgProgram[] = [
  ...forms,
  ...values,
  ...bound,
  ...failures,
  ...sessions,
  ...objects,
];
