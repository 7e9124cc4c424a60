import {
  CamelCasePlugin,
  CompiledQuery,
  DeduplicateJoinsPlugin,
  type Kysely,
  type LogEvent,
  ParseJSONResultsPlugin,
  type Simplify,
  sql,
} from "kysely";
import { Migrator } from "kysely/migration";
import type { Program, Tools } from "../compare.js";
import type { PetShop } from "../pet-shop.js";
import type { KyselyDb, KyselyProgramOptions } from "../sides/kysely.js";
import { openShop } from "./kysely.js";

type KyselyProgram = Program<KyselyDb, KyselyProgramOptions>;

/** A program that works on the filled shop. */
function inShop(
  name: string,
  run: (db: KyselyDb, tools: Tools) => Promise<unknown>,
  rest: Pick<KyselyProgram, "options" | "messages"> = {},
): KyselyProgram {
  return {
    ...rest,
    name,
    async run(db, tools) {
      await openShop(db);
      return run(db, tools);
    },
  };
}

const boom = (): never => {
  throw new RangeError("the program's own");
};

const statements: readonly KyselyProgram[] = [
  inShop("select: conditions", (db) =>
    db
      .selectFrom("person")
      .selectAll()
      .where((eb) => eb.or([eb("age", ">", 30), eb("last_name", "is", null), eb("first_name", "like", "J%")]))
      .where("id", "in", [1, 2, 3])
      .orderBy("id")
      .execute(),
  ),
  inShop("select: groups and aggregates", (db) =>
    db
      .selectFrom("pet")
      .select((eb) => [
        "species",
        eb.fn.countAll().as("n"),
        eb.fn.max("id").as("last"),
        eb.fn.avg("id").as("mean"),
      ])
      .groupBy("species")
      .having((eb) => eb.fn.countAll(), ">", 0)
      .orderBy("species")
      .execute(),
  ),
  inShop("select: joins of all kinds", async (db, { record }) => {
    record(
      "left",
      await db
        .selectFrom("person")
        .leftJoin("pet", "pet.owner_id", "person.id")
        .select(["first_name", "name"])
        .orderBy("pet.id")
        .execute(),
    );
    record(
      "right",
      await db
        .selectFrom("person")
        .rightJoin("pet", (join) => join.onRef("pet.owner_id", "=", "person.id").on("person.id", ">", 1))
        .select(["first_name", "name"])
        .orderBy("pet.id")
        .execute(),
    );
    record(
      "cross",
      await db
        .selectFrom("person")
        .crossJoin("pet")
        .select(({ fn }) => fn.countAll().as("n"))
        .execute(),
    );
  }),
  inShop("select: subqueries, with and unions", async (db, { record }) => {
    record(
      "sub",
      await db
        .selectFrom("person")
        .select((eb) => [
          "id",
          eb
            .selectFrom("pet")
            .whereRef("owner_id", "=", "person.id")
            .select(eb.fn.countAll().as("n"))
            .as("pets"),
        ])
        .orderBy("id")
        .execute(),
    );
    record(
      "with",
      await db
        .with("cats", (q) => q.selectFrom("pet").where("species", "=", "cat").selectAll())
        .selectFrom("cats")
        .selectAll()
        .orderBy("id")
        .execute(),
    );
    record(
      "union",
      await db
        .selectFrom("person")
        .select("first_name as n")
        .union(db.selectFrom("pet").select("name as n"))
        .orderBy("n")
        .execute(),
    );
    record(
      "exists",
      await db
        .selectFrom("person")
        .select("id")
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom("pet")
              .select("id")
              .where("species", "=", "dog")
              .whereRef("owner_id", "=", "person.id"),
          ),
        )
        .execute(),
    );
  }),
  inShop("select: case, coalesce, distinct, limit and offset", (db) =>
    db
      .selectFrom("person")
      .distinct()
      .select((eb) => [
        eb.case().when("age", ">", 40).then("old").else("young").end().as("kind"),
        eb.fn.coalesce("last_name", sql<string>`'none'`).as("last"),
        sql<number>`age + ${1}`.as("next"),
      ])
      .orderBy("last")
      .limit(2)
      .offset(1)
      .execute(),
  ),
  inShop("select: executeTakeFirst and its kin", async (db, { attempt }) => {
    const missing = db.selectFrom("person").selectAll().where("id", "=", 99);
    await attempt("first", () => db.selectFrom("person").selectAll().orderBy("id").executeTakeFirst());
    await attempt("no row", () => missing.executeTakeFirst());
    await attempt("throws", () => missing.executeTakeFirstOrThrow());
    await attempt("throws its own", () => missing.executeTakeFirstOrThrow(() => new RangeError("own")));
  }),
  inShop("select: locks", (db) =>
    db
      .transaction()
      .execute((trx) => trx.selectFrom("person").selectAll().forUpdate().orderBy("id").execute()),
  ),
  inShop("insert: results", async (db, { record }) => {
    record(
      "one",
      await db
        .insertInto("person")
        .values({ first_name: "A", last_name: null, age: 1, born_at: null })
        .executeTakeFirst(),
    );
    record(
      "many",
      await db
        .insertInto("person")
        .values([{ first_name: "B" }, { first_name: "C" }] as never)
        .execute(),
    );
    record(
      "from select",
      await db
        .insertInto("pet")
        .columns(["name", "owner_id", "species"])
        .expression((eb) =>
          eb
            .selectFrom("person")
            .select((p) => [
              sql<string>`concat(first_name, 's pet')`.as("name"),
              "id",
              p.val<"dog">("dog").as("species"),
            ]),
        )
        .execute(),
    );
  }),
  inShop("update and delete: results", async (db, { record }) => {
    record("update", await db.updateTable("person").set({ age: 50 }).where("id", "<", 3).execute());
    record("again", await db.updateTable("person").set({ age: 50 }).where("id", "<", 3).executeTakeFirst());
    record(
      "expression",
      await db
        .updateTable("person")
        .set((eb) => ({ age: eb("age", "+", 1) }))
        .executeTakeFirst(),
    );
    record("delete", await db.deleteFrom("pet").where("species", "=", "cat").executeTakeFirst());
    record("nothing", await db.deleteFrom("pet").where("id", "=", 999).executeTakeFirstOrThrow());
  }),
  inShop("insert: conflicts", async (db, { record, server }) => {
    const pet = { name: "Catto", owner_id: 2, species: "dog" as const };
    const insert = db.insertInto("pet").values(pet);
    const upsert =
      server === "PostgreSQL"
        ? insert.onConflict((c) => c.column("name").doUpdateSet({ owner_id: 3 }))
        : insert.onDuplicateKeyUpdate({ owner_id: 3 });
    record("upsert", await upsert.executeTakeFirst());
    const ignored = server === "PostgreSQL" ? insert.onConflict((c) => c.doNothing()) : insert.ignore();
    record("ignored", await ignored.executeTakeFirst());
  }),
  inShop("returning", async (db, { attempt }) => {
    await attempt("insert", () =>
      db
        .insertInto("person")
        .values({ first_name: "A", last_name: null, age: 1, born_at: null })
        .returningAll()
        .execute(),
    );
    await attempt("delete", () =>
      db.deleteFrom("pet").where("id", "=", 1).returning(["id", "name"]).execute(),
    );
  }),
  inShop("merge and replace", async (db, { attempt }) => {
    await attempt("replace", () =>
      db.replaceInto("pet").values({ id: 1, name: "Catto", owner_id: 1, species: "cat" }).execute(),
    );
    await attempt("merge", () =>
      db
        .mergeInto("pet")
        .using("person", "pet.owner_id", "person.id")
        .whenMatched()
        .thenUpdateSet({ species: "dog" })
        .executeTakeFirst(),
    );
  }),
  { name: "values of all kinds", run: (db, { attempt }) => bindAll(db, attempt) },
  inShop("errors", async (db, { attempt }) => {
    await attempt("unique", () =>
      db.insertInto("pet").values({ name: "Catto", owner_id: 1, species: "cat" }).execute(),
    );
    await attempt("foreign key", () =>
      db.insertInto("pet").values({ name: "New", owner_id: 99, species: "cat" }).execute(),
    );
    await attempt("not null", () =>
      db
        .insertInto("pet")
        .values({ name: null, owner_id: 1, species: "cat" } as never)
        .execute(),
    );
    await attempt("unknown table", () => sql`select * from nowhere`.execute(db));
    await attempt("unknown column", () => sql`select nothing from person`.execute(db));
    await attempt("syntax", () => sql`selec`.execute(db));
    await attempt("empty", () => sql``.execute(db));
    await attempt("several statements", () => sql`select 1; select 2`.execute(db));
    await attempt("afterwards", () => sql`select 1 as one`.execute(db));
  }),
  inShop(
    "errors in parallel",
    async (db) => {
      const settled = await Promise.allSettled([
        sql`select 1 as a`.execute(db),
        sql`select nothing`.execute(db),
        sql`select 2 as b`.execute(db),
      ]);
      return settled.map((one) => (one.status === "fulfilled" ? one.value : one.reason));
    },
    { messages: "in any order" },
  ),
  inShop("a compiled query", async (db, { record }) => {
    const query = db.selectFrom("person").select("id").where("id", "=", 1).compile();
    record("sql", [query.sql, query.parameters]);
    record("execute", await db.executeQuery(query));
    record("raw", await db.executeQuery(CompiledQuery.raw("select 1 as one")));
  }),
  inShop("explain", async (db, { record }) => {
    const plan = await db.selectFrom("person").select("id").explain();
    record("rows", plan.length > 0);
  }),
  inShop("sql: references, lists and literals", (db) =>
    sql<
      Simplify<{ a: number }>
    >`select ${sql.ref("person.id")} as a, ${sql.lit("it's")} as l, ${sql.id("first_name")} as f
      from ${sql.table("person")} where id in (${sql.join([1, 2])}) order by id`.execute(db),
  ),
  inShop("streams", async (db, { record }) => {
    const rows: unknown[] = [];
    for await (const row of db.selectFrom("pet").selectAll().orderBy("id").stream(2)) rows.push(row);
    record("rows", rows);
    for await (const row of db.selectFrom("pet").selectAll().orderBy("id").stream()) {
      record("first", row);
      break;
    }
    record("afterwards", await sql`select 1 as one`.execute(db));
  }),
  inShop("streams that fail", async (db, { attempt }) => {
    await attempt("unknown", async () => {
      for await (const row of db
        .selectFrom("nowhere" as "pet")
        .selectAll()
        .stream())
        return row;
    });
    await attempt("in the reader", async () => {
      for await (const row of db.selectFrom("pet").selectAll().stream()) if (row) boom();
    });
    await attempt("afterwards", () => sql`select 1 as one`.execute(db));
  }),
  inShop("streams in a transaction", (db) =>
    db.transaction().execute(async (trx) => {
      const rows: unknown[] = [];
      for await (const row of trx.selectFrom("pet").select("name").orderBy("id").stream(1)) rows.push(row);
      return rows;
    }),
  ),
];

async function bindAll(db: KyselyDb, attempt: Tools["attempt"]): Promise<void> {
  const values: readonly unknown[] = [
    1,
    -0,
    1.5,
    2 ** 53,
    12n,
    "it's \\ \u00e9\u{1f600}",
    "",
    true,
    false,
    null,
    new Date(Date.UTC(2024, 1, 29, 1, 2, 3, 456)),
    Buffer.from([0, 255]),
    [1, 2],
    { a: 1 },
    undefined,
  ];
  for (const [i, value] of values.entries())
    await attempt(`value ${i}`, () => sql`select ${value} as v`.execute(db));
}

const transactions: readonly KyselyProgram[] = [
  inShop("a transaction that is committed", (db) =>
    db.transaction().execute(async (trx) => {
      await trx.deleteFrom("pet").execute();
      return trx.deleteFrom("person").where("id", ">", 1).executeTakeFirst();
    }),
  ),
  inShop("a transaction that throws", async (db, { attempt }) => {
    await attempt("transaction", () =>
      db.transaction().execute(async (trx) => {
        await trx.deleteFrom("pet").execute();
        boom();
      }),
    );
    await attempt("afterwards", () => db.selectFrom("pet").select("id").orderBy("id").execute());
  }),
  inShop("a transaction in which a statement fails", async (db, { attempt }) => {
    await attempt("unhandled", () =>
      db.transaction().execute(async (trx) => {
        await trx.deleteFrom("pet").execute();
        await sql`select nothing`.execute(trx);
      }),
    );
    await attempt("handled", () =>
      db.transaction().execute(async (trx) => {
        await trx.updateTable("person").set({ age: 1 }).execute();
        await sql`select nothing`.execute(trx).catch(() => undefined);
      }),
    );
  }),
  ...(["read committed", "repeatable read", "serializable"] as const).map((level) =>
    inShop(`a transaction with isolation level ${level}`, (db) =>
      db
        .transaction()
        .setIsolationLevel(level)
        .execute((trx) => trx.selectFrom("pet").select("id").orderBy("id").execute()),
    ),
  ),
  inShop("a transaction that only reads", async (db, { attempt }) => {
    await attempt("write", () =>
      db
        .transaction()
        .setAccessMode("read only")
        .execute((trx) => trx.deleteFrom("pet").execute()),
    );
  }),
  inShop("a controlled transaction with savepoints", async (db, { record }) => {
    const trx = await db.startTransaction().execute();
    await trx.updateTable("person").set({ age: 1 }).execute();
    const first = await trx.savepoint("first").execute();
    await first.deleteFrom("pet").execute();
    const back = await first.rollbackToSavepoint("first").execute();
    await back.updateTable("person").set({ age: 2 }).execute();
    const second = await back.savepoint("second").execute();
    await (await second.releaseSavepoint("second").execute()).commit().execute();
    record("states", [trx.isCommitted, trx.isRolledBack, trx.isTransaction, db.isTransaction]);
  }),
  inShop("a controlled transaction that is rolled back, and used afterwards", async (db, { attempt }) => {
    const trx = await db.startTransaction().execute();
    await trx.deleteFrom("pet").execute();
    await attempt("rollback", () => trx.rollback().execute());
    await attempt("query", () => trx.selectFrom("pet").selectAll().execute());
    await attempt("commit", () => trx.commit().execute());
  }),
  inShop("transactions are not nested", async (db, { attempt }) => {
    await db.transaction().execute(async (trx) => {
      await attempt("inner", async () => Reflect.apply(trx.transaction, trx, []));
    });
  }),
  inShop("one connection", (db) =>
    db
      .connection()
      .execute(async (connection) => [
        await sql`select 1 as one`.execute(connection),
        await connection
          .transaction()
          .execute((trx) => trx.selectFrom("pet").select("id").orderBy("id").execute()),
      ]),
  ),
  inShop("one connection whose user throws", async (db, { attempt }) => {
    await attempt("connection", () => db.connection().execute(async () => boom()));
    await attempt("afterwards", () => sql`select 1 as one`.execute(db));
  }),
  inShop(
    "queries in parallel",
    async (db) => {
      const all = await Promise.all(
        [1, 2, 3, 4].map((id) => db.selectFrom("pet").select("id").where("id", "=", id).execute()),
      );
      return all;
    },
    { messages: "in any order" },
  ),
];

const surroundings: readonly KyselyProgram[] = [
  inShop("introspection", async (db, { record }) => {
    const tables = await db.introspection.getTables();
    record(
      "tables",
      tables.filter(({ name }) => name === "person" || name === "pet"),
    );
    record(
      "tables of Kysely",
      (await db.introspection.getTables({ withInternalKyselyTables: true })).length > 0,
    );
  }),
  {
    name: "schemas",
    async run(db, { attempt }) {
      await db.schema
        .createTable("t")
        .ifNotExists()
        .addColumn("id", "integer", (c) => c.primaryKey())
        .addColumn("a", "varchar(9)", (c) => c.defaultTo("x"))
        .execute();
      await db.schema.alterTable("t").addColumn("b", "integer").execute();
      await db.schema.createIndex("t_b").on("t").column("b").execute();
      await db.schema
        .createView("v")
        .as(db.selectFrom("t" as "pet").select("id"))
        .execute();
      await attempt("again", () => db.schema.createTable("t").addColumn("id", "integer").execute());
      await attempt("rename", () => db.schema.alterTable("t").renameTo("u").execute());
      await attempt("drop", () => db.schema.dropTable("nowhere").execute());
    },
  },
  {
    name: "migrations up and down",
    // They have times in them.
    messages: "not at all",
    async run(db, { record }) {
      const migrations = {
        "1": {
          up: (db: Kysely<unknown>) => db.schema.createTable("m1").addColumn("id", "integer").execute(),
          down: (db: Kysely<unknown>) => db.schema.dropTable("m1").execute(),
        },
        "2": {
          up: (db: Kysely<unknown>) => db.schema.createTable("m2").addColumn("id", "integer").execute(),
          down: (db: Kysely<unknown>) => db.schema.dropTable("m2").execute(),
        },
        "3": { up: async () => boom() },
      };
      // Kysely 0.30 prints a notice without it, once in a process: on the side that runs first.
      const mode: object = { transactionMode: "per-run" };
      const provide = (names: readonly (keyof typeof migrations)[]): Migrator =>
        new Migrator({
          ...mode,
          db,
          provider: {
            getMigrations: async () => Object.fromEntries(names.map((name) => [name, migrations[name]])),
          },
        });
      record("latest", await provide(["1", "2"]).migrateToLatest());
      record("down", await provide(["1", "2"]).migrateDown());
      record("fails", await provide(["1", "2", "3"]).migrateToLatest());
      record(
        "applied",
        (await provide(["1", "2"]).getMigrations()).map(({ name, executedAt }) => [
          name,
          executedAt !== undefined,
        ]),
      );
      // When each was applied is not part of the outcome.
      await sql`update kysely_migration set timestamp = 'then'`.execute(db);
    },
  },
  inShop("the camel-case plugin", async (db) => {
    const camel: Kysely<PetShop> = db.withPlugin(new CamelCasePlugin());
    return sql`select first_name, last_name from person order by id`.execute(camel);
  }),
  inShop("plugins in the options", (db) => db.selectFrom("person").selectAll().orderBy("id").execute(), {
    options: {
      plugins: [new DeduplicateJoinsPlugin(), new CamelCasePlugin({ underscoreBeforeDigits: true })],
    },
  }),
  {
    name: "results parsed as JSON",
    options: { plugins: [new ParseJSONResultsPlugin()] },
    run: (db) => sql`select '{"a":[1]}' as j, 'x' as t`.execute(db),
  },
  logged("the log of queries"),
  {
    name: "the log to the console",
    options: { log: ["error"] },
    run: (db, { attempt }) => attempt("fails", () => sql`select nothing`.execute(db)),
  },
  inShop("a Kysely without its plugins, with a schema, and with tables", async (db, { attempt }) => {
    await attempt("without plugins", () =>
      db.withoutPlugins().selectFrom("pet").select("id").orderBy("id").execute(),
    );
    await attempt("with a schema", () => db.withSchema("nowhere").selectFrom("pet").selectAll().execute());
    await attempt("dynamic", () =>
      db.selectFrom("pet").select(db.dynamic.ref<"id">("id")).orderBy("id").execute(),
    );
  }),
  {
    name: "the end of a Kysely",
    messages: "not at all",
    async run(db, { attempt }) {
      await sql`select 1`.execute(db);
      await attempt("destroy", () => db.destroy());
      await attempt("query", () => sql`select 1`.execute(db));
      await attempt("transaction", () => db.transaction().execute(async () => 1));
      await attempt("destroy again", () => db.destroy());
    },
  },
  {
    name: "the end of a Kysely that was not used",
    async run(db, { attempt }) {
      await attempt("destroy", () => db.destroy());
    },
  },
  {
    name: "cancelling a statement at the server",
    messages: "not at all",
    async run(db, { attempt }) {
      const signal = AbortSignal.timeout(60_000);
      await attempt("cancel", () =>
        sql`select 1 as one`.execute(db, { signal, inflightQueryAbortStrategy: "cancel query" }),
      );
    },
    differs: {
      reason:
        "a client of RDS Proxy does not know which session runs its statement, and could cancel another's",
      docs: "packages/adapter-kysely/README.md#migration",
    },
  },
  {
    name: "ending the session of a statement",
    messages: "not at all",
    async run(db, { attempt }) {
      const signal = AbortSignal.timeout(60_000);
      await attempt("kill", () =>
        sql`select 1 as one`.execute(db, { signal, inflightQueryAbortStrategy: "kill session" }),
      );
    },
    differs: {
      reason: "a client of RDS Proxy does not know which session runs its statement, and could end another's",
      docs: "packages/adapter-kysely/README.md#migration",
    },
  },
];

/** A log by a function. How long statements took is left out. */
function logged(name: string): KyselyProgram {
  let events: LogEvent[] = [];
  return {
    name,
    options: { log: (event) => void events.push(event) },
    async run(db, { attempt }) {
      events = [];
      await sql`select ${1} as one`.execute(db);
      await attempt("fails", () => sql`select nothing`.execute(db));
      await db.transaction().execute((trx) => sql`select 2 as two`.execute(trx));
      for await (const row of db.selectFrom(sql<{ a: number }>`(select 1 as a)`.as("t")).selectAll().stream())
        void row;
      return events.map((event) => ({
        level: event.level,
        sql: event.query.sql,
        parameters: event.query.parameters,
        error: event.level === "error" ? event.error : undefined,
        isStream: event.level === "query" ? event.isStream : undefined,
        duration: typeof event.queryDurationMillis,
      }));
    },
  };
}

export const moreKyselyPrograms: readonly KyselyProgram[] = [...statements, ...transactions, ...surroundings];
