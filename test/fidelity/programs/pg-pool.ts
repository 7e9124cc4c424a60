import type pg from "pg";
import type { Program } from "../compare.js";
import type { PgPoolProgramOptions } from "../sides/pg.js";

export const pgPoolPrograms: readonly Program<pg.Pool, PgPoolProgramOptions>[] = [
  { name: "query", run: (pool) => pool.query("select $1::int as n", [7]) },
];
