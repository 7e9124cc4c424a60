import { type Kysely, sql } from "kysely";
import type { Program } from "../compare.js";
import type { PetShop } from "../pet-shop.js";
import type { KyselyDb, KyselyProgramOptions } from "../sides/kysely.js";

type KyselyProgram = Program<KyselyDb, KyselyProgramOptions>;

/** What programs of both engines read and change: three persons and four pets. */
export async function openShop(db: Kysely<PetShop>): Promise<void> {
  const isPostgres = db.getExecutor().adapter.supportsReturning;
  await db.schema
    .createTable("person")
    .addColumn("id", isPostgres ? "serial" : "integer", (column) =>
      isPostgres ? column.primaryKey() : column.primaryKey().autoIncrement(),
    )
    .addColumn("first_name", "varchar(60)", (column) => column.notNull())
    .addColumn("last_name", "varchar(60)")
    .addColumn("age", "integer")
    .addColumn("born_at", isPostgres ? "timestamptz" : "datetime")
    .execute();
  await db.schema
    .createTable("pet")
    .addColumn("id", isPostgres ? "serial" : "integer", (column) =>
      isPostgres ? column.primaryKey() : column.primaryKey().autoIncrement(),
    )
    .addColumn("name", "varchar(60)", (column) => column.notNull().unique())
    .addColumn("owner_id", "integer", (column) => column.references("person.id").notNull())
    .addColumn("species", "varchar(10)", (column) => column.notNull())
    .execute();
  await db
    .insertInto("person")
    .values([
      {
        first_name: "Jennifer",
        last_name: "Aniston",
        age: 25,
        born_at: new Date(Date.UTC(1999, 1, 28, 1, 2, 3)),
      },
      { first_name: "Arnold", last_name: "Schwarzenegger", age: 47, born_at: null },
      { first_name: "Sylvester", last_name: null, age: null, born_at: null },
    ])
    .execute();
  await db
    .insertInto("pet")
    .values([
      { name: "Catto", owner_id: 1, species: "cat" },
      { name: "Doggo", owner_id: 2, species: "dog" },
      { name: "Hammo", owner_id: 3, species: "hamster" },
      { name: "O'Malley \\ \u00a5", owner_id: 1, species: "cat" },
    ])
    .execute();
}

export const kyselyPrograms: readonly KyselyProgram[] = [
  { name: "raw SQL", run: (db) => sql`select ${1} as one, ${"it's"} as t, ${null} as nothing`.execute(db) },
  {
    name: "select with a join",
    async run(db) {
      await openShop(db);
      return db
        .selectFrom("person")
        .innerJoin("pet", "pet.owner_id", "person.id")
        .selectAll("person")
        .select("pet.name as pet")
        .orderBy("pet.name")
        .execute();
    },
  },
];
