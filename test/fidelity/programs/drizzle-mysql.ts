import {
  and,
  asc,
  count,
  desc,
  eq,
  exists,
  getTableColumns,
  gt,
  inArray,
  is,
  isNull,
  like,
  max,
  not,
  or,
  sql,
} from "drizzle-orm";
import { alias, MySqlDatabase, mysqlTable, text, union, unionAll } from "drizzle-orm/mysql-core";
import { MySql2Database } from "drizzle-orm/mysql2";
import { migrate } from "drizzle-orm/mysql2/migrator";
import type { RowDataPacket } from "mysql2";
import { withMigrations } from "../../support/drizzle-migrations.js";
import type { Program, Tools } from "../compare.js";
import { olderPeople, people, pets, values } from "../drizzle-shops/mysql.js";
import { MemoryCache } from "../memory-cache.js";
import type { DrizzleMysqlDb as Db, DrizzleMysqlProgramOptions } from "../sides/drizzle.js";

type DrizzleProgram = Program<Db, DrizzleMysqlProgramOptions>;

const SHOP = `
  create table people (id int auto_increment primary key, full_name varchar(60) not null unique, age int) character set utf8mb4;
  create table pets (id serial primary key, name varchar(60) not null, owner_id int, species enum('cat', 'dog') not null,
    foreign key (owner_id) references people (id)) character set utf8mb4;
  create view older_people as select id, full_name from people where age > 30;
  insert into people (full_name, age) values ('Ann', 25), ('Bob', 47), ('O''Malley \\\\ \u00a5 \u{1f600}', null);
  insert into pets (name, owner_id, species) values ('Catto', 1, 'cat'), ('Doggo', 2, 'dog'), ('Kitty', 1, 'cat'), ('Stray', null, 'dog')`;

const TABLE_OF_VALUES = `
  create table values_of_types (id int primary key, small smallint, big bigint, huge bigint, huge_unsigned bigint unsigned,
    exact decimal(30, 10), exact_number decimal(10, 2), single float, \`double\` double, yes boolean, at timestamp(3) null,
    at_text timestamp null, local datetime(3), local_text datetime, day date, day_text date, clock time, born year,
    document json, bytes binary(4), feeling enum('sad', 'ok'), \`long\` text) character set utf8mb4`;

/** A program that works on the filled shop. */
function inShop(
  name: string,
  run: (db: Db, tools: Tools) => Promise<unknown>,
  rest: Omit<DrizzleProgram, "name" | "run"> = {},
): DrizzleProgram {
  return {
    ...rest,
    name,
    async run(db, tools) {
      await tools.direct(SHOP);
      return run(db, tools);
    },
  };
}

const boom = (): never => {
  throw new RangeError("the program's own");
};

const statements: readonly DrizzleProgram[] = [
  {
    name: "raw SQL",
    async run(db, { record, attempt }) {
      record(
        "result",
        await db.execute(sql`select ${1} as one, ${"it's"} as t, ${null} as nothing, ${true} as yes`),
      );
      record("names", await db.execute(sql`select 1 as ${sql.identifier("a `b`")}`));
      record(
        "types",
        await db.execute(
          sql`select cast('2026-03-01 12:00' as datetime) as at, 9007199254740993 as big, json_object('a', 1) as document, 0x00ff as bytes`,
        ),
      );
      record("no rows", await db.execute(sql`do 1`));
      await attempt("several", () => db.execute(sql.raw("select 1; select 2")));
      await attempt("nothing", () => db.execute(sql``));
    },
  },
  inShop("select: conditions, joins, groups", async (db, { record }) => {
    record(
      "conditions",
      await db
        .select()
        .from(people)
        .where(
          or(gt(people.age, 30), isNull(people.age), like(people.fullName, "A%"), inArray(people.id, [7])),
        )
        .orderBy(desc(people.age), asc(people.id))
        .limit(2)
        .offset(1),
    );
    const parent = alias(people, "parent");
    record(
      "left",
      await db.select().from(people).leftJoin(pets, eq(pets.ownerId, people.id)).orderBy(people.id, pets.id),
    );
    record(
      "right",
      await db
        .select({ pet: pets.name, owner: parent })
        .from(parent)
        .rightJoin(pets, eq(pets.ownerId, parent.id))
        .orderBy(pets.id),
    );
    record(
      "inner",
      await db
        .select({ ...getTableColumns(pets), owner: people.fullName })
        .from(pets)
        .innerJoin(people, eq(pets.ownerId, people.id))
        .orderBy(pets.id),
    );
    record(
      "groups",
      await db
        .select({ species: pets.species, n: count(), last: max(pets.id), mean: sql`avg(${pets.id})` })
        .from(pets)
        .groupBy(pets.species)
        .having(({ n }) => gt(n, 0))
        .orderBy(pets.species),
    );
    record("$count", await db.$count(pets, eq(pets.species, "cat")));
    record(
      "$count in a select",
      await db
        .select({ id: people.id, pets: db.$count(pets, eq(pets.ownerId, people.id)) })
        .from(people)
        .orderBy(people.id),
    );
    record("distinct", await db.selectDistinct({ species: pets.species }).from(pets).orderBy(pets.species));
    record(
      "an index",
      await db.select({ id: people.id }).from(people, { useIndex: "full_name" }).orderBy(people.id),
    );
  }),
  inShop("select: subqueries, $with, unions", async (db, { record }) => {
    const cats = db.$with("cats").as(db.select().from(pets).where(eq(pets.species, "cat")));
    record("with", await db.with(cats).select({ name: cats.name }).from(cats).orderBy(cats.id));
    const sub = db
      .select({ ownerId: pets.ownerId, n: count().as("n") })
      .from(pets)
      .groupBy(pets.ownerId)
      .as("sub");
    record(
      "subquery",
      await db
        .select({ name: people.fullName, n: sub.n })
        .from(people)
        .leftJoin(sub, eq(sub.ownerId, people.id))
        .orderBy(people.id),
    );
    record(
      "exists",
      await db
        .select({ id: people.id })
        .from(people)
        .where(
          exists(
            db
              .select({ one: sql`1` })
              .from(pets)
              .where(and(eq(pets.ownerId, people.id), not(eq(pets.species, "dog")))),
          ),
        ),
    );
    const names = () => db.select({ name: people.fullName }).from(people);
    record("union", await union(names(), db.select({ name: pets.name }).from(pets)).orderBy(sql`1`));
    record("union all", await unionAll(names(), names()).orderBy(sql`1`).limit(3));
    record("a view", await db.select().from(olderPeople));
    record("dynamic", await db.select().from(pets).$dynamic().where(gt(pets.id, 2)).orderBy(pets.id));
    record("locks", await db.select({ id: pets.id }).from(pets).orderBy(pets.id).for("update"));
  }),
  inShop("insert, update and delete: results", async (db, { record, attempt }) => {
    record("insert", await db.insert(people).values([{ fullName: "A", age: 1 }, { fullName: "B" }]));
    record(
      "$returningId",
      await db
        .insert(people)
        .values([{ fullName: "C" }, { fullName: "D" }])
        .$returningId(),
    );
    record("ignore", await db.insert(people).ignore().values({ fullName: "Ann" }));
    record(
      "duplicate",
      await db
        .insert(people)
        .values({ fullName: "Ann", age: 30 })
        .onDuplicateKeyUpdate({ set: { age: sql`age + 1` } }),
    );
    record(
      "from a select",
      await db.insert(pets).select(
        db
          .select({
            id: sql<number>`100 + ${people.id}`.as("id"),
            name: people.fullName,
            ownerId: people.id,
            species: sql<"cat">`'cat'`.as("species"),
          })
          .from(people),
      ),
    );
    record(
      "update",
      await db
        .update(people)
        .set({ age: sql`${people.age} + 1` })
        .where(eq(people.fullName, "Bob")),
    );
    record("limited", await db.update(people).set({ age: null }).orderBy(people.id).limit(1));
    record("delete", await db.delete(pets).where(eq(pets.species, "dog")).orderBy(pets.id).limit(1));
    await attempt("no values", () => db.insert(people).values([]));
  }),
  {
    name: "values of all types",
    async run(db, { direct, record }) {
      await direct(TABLE_OF_VALUES);
      const row = {
        small: -32768,
        big: 9007199254740991,
        huge: 9223372036854775807n,
        hugeUnsigned: 18446744073709551615n,
        exact: "12345678901234567890.0123456789",
        exactNumber: 0.1,
        single: 1.5,
        double: 1e300,
        yes: true,
        at: new Date("2026-03-01T12:00:00.250Z"),
        atText: "2026-03-01 12:00:00",
        local: new Date("2026-10-25T02:30:00.999Z"),
        localText: "2026-10-25 02:30:00",
        day: new Date("2024-02-29T00:00:00Z"),
        dayText: "2024-02-29",
        clock: "-838:59:59",
        born: 1999,
        document: { b: 1, a: [null, "\u2028 \\ ' \"", 1e21] },
        bytes: "\0a\\b",
        feeling: "ok",
        long: "\\ ' \" \0 \n \u{1f600}",
      } as const;
      record("inserted", await db.insert(values).values({ id: 1, ...row }));
      record("nulls", await db.insert(values).values({ id: 2 }));
      record("texts", await db.insert(values).values({ id: 3, document: "a text" }));
      record("read", await db.select().from(values).orderBy(values.id));
      record("raw", (await db.execute(sql`select * from ${values} order by id`))[0]);
      record(
        "found by a date",
        await db
          .select({ id: values.id })
          .from(values)
          .where(and(eq(values.at, row.at), eq(values.local, row.local), eq(values.day, row.day))),
      );
      record(
        "a path of JSON",
        await db
          .select({ b: sql<number>`json_extract(${values.document}, '$.b')` })
          .from(values)
          .orderBy(values.id),
      );
    },
  },
  inShop("errors", async (db, { attempt }) => {
    await attempt("a duplicate", () => db.insert(people).values({ fullName: "Ann" }));
    await attempt("a missing owner", () =>
      db.insert(pets).values({ name: "x", ownerId: 99, species: "cat" }),
    );
    await attempt("syntax", () => db.execute(sql`selec ${1}`));
    await attempt("no table", () => db.select().from(mysqlTable("missing", { a: text() })));
    await attempt("a placeholder without a value", () =>
      db
        .select()
        .from(people)
        .where(eq(people.id, sql.placeholder("id")))
        .execute(),
    );
    await attempt("after them", () => db.$count(people));
  }),
];

const transactions: readonly DrizzleProgram[] = [
  inShop("transactions: commit, rollback and savepoints", async (db, { attempt, record }) => {
    record(
      "result",
      await db.transaction(async (tx) => tx.insert(people).values({ fullName: "In" }).$returningId()),
    );
    await attempt("thrown", () =>
      db.transaction(async (tx) => {
        await tx.insert(people).values({ fullName: "Out" });
        boom();
      }),
    );
    await attempt("rollback()", () =>
      db.transaction(async (tx) => {
        await tx.insert(people).values({ fullName: "Out" });
        tx.rollback();
      }),
    );
    await attempt("a failed statement that is caught", () =>
      db.transaction(async (tx) => {
        await attempt("inside", () => tx.insert(people).values({ fullName: "Ann" }));
        await tx.insert(people).values({ fullName: "after it" });
      }),
    );
    await attempt("a synchronous error", () => db.transaction(boom));
    await db.transaction(async (tx) => {
      await attempt("inner", () =>
        tx.transaction(async (inner) => {
          await inner.insert(people).values({ fullName: "inner" });
          inner.rollback();
        }),
      );
      await tx.transaction(async (inner) => inner.insert(people).values({ fullName: "kept" }));
    });
    record("rows", await db.select({ name: people.fullName }).from(people).orderBy(people.fullName));
  }),
  inShop("transactions: levels, access and snapshots", async (db, { attempt }) => {
    for (const config of [
      { isolationLevel: "read committed" },
      { isolationLevel: "serializable", accessMode: "read only" },
      { isolationLevel: "repeatable read", withConsistentSnapshot: true },
      { isolationLevel: "repeatable read", accessMode: "read write", withConsistentSnapshot: true },
    ] as const) {
      await attempt(JSON.stringify(config), () => db.transaction((tx) => tx.$count(people), config));
    }
    await attempt("a write that must not be", () =>
      db.transaction((tx) => tx.insert(people).values({ fullName: "x" }), {
        isolationLevel: "repeatable read",
        accessMode: "read only",
      }),
    );
  }),
  inShop(
    "transactions: queries side by side",
    async (db, { record }) => {
      record(
        "in a transaction",
        await db.transaction((tx) =>
          Promise.all([tx.$count(people), tx.select({ id: pets.id }).from(pets).orderBy(pets.id)]),
        ),
      );
      record(
        "outside",
        await Promise.all([1, 2, 3, 4, 5].map((id) => db.select().from(pets).where(eq(pets.id, id)))),
      );
    },
    { messages: "in any order" },
  ),
];

const surroundings: readonly DrizzleProgram[] = [
  inShop("prepared queries", async (db, { record }) => {
    const byId = db
      .select()
      .from(people)
      .where(eq(people.id, sql.placeholder("id")))
      .limit(sql.placeholder("most"))
      .prepare();
    record("first", await byId.execute({ id: 1, most: 5 }));
    record("second", await byId.execute({ id: 2, most: 5 }));
    record(
      "insert",
      await db
        .insert(people)
        .values({ fullName: sql.placeholder("name") })
        .prepare()
        .execute({ name: "Prepared" }),
    );
    record(
      "relational",
      await db.query.pets
        .findFirst({ where: eq(pets.id, sql.placeholder("id")) })
        .prepare()
        .execute({ id: 2 }),
    );
  }),
  inShop("iterators", async (db, tools) =>
    withoutWarnings(async () => {
      const { attempt, record } = tools;
      const read = async (rows: AsyncIterable<unknown>): Promise<unknown[]> => {
        const all: unknown[] = [];
        for await (const row of rows) all.push(row);
        return all;
      };
      record("rows", await read(await db.select().from(pets).orderBy(pets.id).iterator()));
      record(
        "prepared",
        await read(
          db
            .select()
            .from(pets)
            .where(eq(pets.id, sql.placeholder("id")))
            .prepare()
            .iterator({ id: 3 }),
        ),
      );
      record("none", await read(await db.select().from(pets).where(sql`false`).iterator()));
      await attempt("fails", async () =>
        read(await db.select().from(pets).where(sql`nothing = 1`).iterator()),
      );
      for await (const row of await db.select().from(pets).orderBy(pets.id).iterator()) {
        record("first of several", row);
        break;
      }
      record(
        "in a transaction",
        await db.transaction(async (tx) => read(await tx.select().from(pets).orderBy(pets.id).iterator())),
      );
      record("after them", await db.$count(pets));
    }),
  ),
  relational("relational queries without lateral joins", {}),
  relational("relational queries by lateral joins", { mode: "default" }),
  inShop(
    "casing",
    async (db, { record }) => {
      const cased = mysqlTable("cased", { someId: text(), plain: text("Plain") });
      await db.execute(sql`create table cased (some_id text, Plain text)`);
      await db.insert(cased).values({ someId: "1", plain: "p" });
      record("select", await db.select().from(cased).where(eq(cased.someId, "1")));
    },
    { options: { casing: "snake_case" } },
  ),
  inShop(
    "the logger of Drizzle",
    async (db, { attempt }) => {
      await db.select().from(people).where(eq(people.fullName, "Ann"));
      await db.transaction((tx) => tx.execute(sql`select ${1}`));
      await attempt("fails", () => db.execute(sql`nothing`));
    },
    { options: { logger: true } },
  ),
  cached(),
  {
    name: "migrations",
    async run(db, { attempt, record }) {
      const steps = [
        "create table one (a int);\n--> statement-breakpoint\ninsert into one values (1)",
        "alter table one add column b text",
      ];
      await withMigrations(steps, async (migrationsFolder) => {
        await migrate(db, { migrationsFolder });
        await migrate(db, { migrationsFolder });
      });
      record("rows", (await db.execute(sql`select * from one`))[0]);
      await withMigrations(
        ["create table two (a int)", "alter table missing add b text"],
        (migrationsFolder) =>
          attempt("a migration that fails", () =>
            migrate(db, { migrationsFolder, migrationsTable: "other" }),
          ),
      );
    },
  },
  inShop("what a database is", async (db, { record }) => {
    record("classes", [
      is(db, MySqlDatabase),
      is(db, MySql2Database),
      db instanceof MySql2Database,
      db.constructor.name,
    ]);
    record("keys", [Object.keys(db), Object.keys(db._), Object.keys(db.query)]);
    record("batch", "batch" in db);
    record("SQL", db.select().from(people).where(eq(people.id, 1)).toSQL());
    const query = db.select().from(people).orderBy(people.id).limit(1);
    record("twice", [await query, await query]);
    record("the client", (await db.$client.query<RowDataPacket[]>("select 1 as one"))[0]);
    await db.transaction(async (tx) => {
      record("a transaction", [is(tx, MySqlDatabase), tx.constructor.name, Object.keys(tx), "$client" in tx]);
    });
  }),
];

/** Over a pool of mysql2, Drizzle's iterators end with a method about which mysql2 warns. */
async function withoutWarnings(work: () => Promise<void>): Promise<void> {
  const { warn } = console;
  console.warn = () => undefined;
  await work().finally(() => {
    console.warn = warn;
  });
}

function relational(name: string, options: DrizzleMysqlProgramOptions): DrizzleProgram {
  return inShop(
    name,
    async (db, { attempt }) => {
      await attempt("nested", () =>
        db.query.people.findMany({ with: { pets: { columns: { name: true } } }, orderBy: asc(people.id) }),
      );
      await attempt("columns and extras", () =>
        db.query.pets.findMany({
          columns: { id: false },
          extras: { loud: sql<string>`upper(${pets.name})`.as("loud") },
          orderBy: (pet) => asc(pet.id),
          offset: 1,
          limit: 2,
        }),
      );
      await attempt("first", () => db.query.pets.findFirst({ with: { owner: true }, where: eq(pets.id, 1) }));
      await attempt("none", () => db.query.people.findFirst({ where: eq(people.id, 99) }));
    },
    { options },
  );
}

function cached(): DrizzleProgram {
  const cache = new MemoryCache("all");
  return inShop(
    "a cache",
    async (db, { record, direct }) => {
      cache.clear();
      const ann = db.select().from(people).where(eq(people.fullName, "Ann"));
      record("first", await ann);
      await direct("update people set age = 99 where full_name = 'Ann'");
      record("again", await ann);
      await db.update(people).set({ age: 3 }).where(eq(people.fullName, "Bob"));
      record("after a write", await ann);
      return cache.calls;
    },
    { options: { cache } },
  );
}

export const drizzleMysqlPrograms: readonly DrizzleProgram[] = [
  ...statements,
  ...transactions,
  ...surroundings,
];
