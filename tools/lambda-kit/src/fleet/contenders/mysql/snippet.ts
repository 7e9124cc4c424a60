import mysql from "mysql2/promise";
import { snippetPoolOptions } from "../../../snippets/mysql2.js";
import type { Environment } from "../environment.js";

export function createEnvironment(querySeconds: number): Environment {
  const pool = mysql.createPool(snippetPoolOptions());
  return {
    invoke: () => pool.query(`select sleep(${querySeconds})`),
    stop: () => pool.end(),
  };
}
