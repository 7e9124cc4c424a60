import type { Program } from "../compare.js";
import type { PgDb, PgProgramOptions } from "../sides/pg.js";

export const pgPrograms: readonly Program<PgDb, PgProgramOptions>[] = [
  { name: "a text", run: (db) => db.query("select 1 as one, 'x' as x, null as nothing") },
  { name: "a text with values", run: (db) => db.query("select $1::int as n, $2::text as t", [7, "it's"]) },
  {
    name: "a table is created and filled",
    async run(db) {
      await db.query("create table items (id int primary key, name text)");
      return db.query("insert into items values (1, 'one'), (2, $1) returning *", ["two"]);
    },
  },
];
