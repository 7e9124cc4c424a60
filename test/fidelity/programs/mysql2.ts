import type { MysqlOptions } from "@rds-proxy/adapter-mysql2";
import type { Program } from "../compare.js";
import type { MysqlDb } from "../sides/mysql2.js";

export const mysql2Programs: readonly Program<MysqlDb, MysqlOptions>[] = [
  { name: "query: a text", run: (db) => db.query("select 1 as one, 'x' as x, null as nothing") },
  { name: "query: values", run: (db) => db.query("select ? as n, ? as t", [7, "it's"]) },
  { name: "execute: values", run: (db) => db.execute("select ? as n, ? as t", [7, "it's"]) },
];
