import type { Pool } from "mysql2/promise";
import type { Program } from "../compare.js";
import type { MysqlPoolProgramOptions } from "../sides/mysql2.js";

export const mysql2PoolPrograms: readonly Program<Pool, MysqlPoolProgramOptions>[] = [
  { name: "query", run: (pool) => pool.query("select ? as n", [7]) },
];
