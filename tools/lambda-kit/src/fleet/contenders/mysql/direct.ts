import mysql from "mysql2/promise";
import { CONNECT_TIMEOUT_MS } from "../../../snippets/endpoint.js";
import type { Environment } from "../environment.js";

/** A pool with neither proxy nor TLS nor token. */
export function createEnvironment(querySeconds: number): Environment {
  const pool = mysql.createPool({
    host: process.env["MYSQL_HOST"] ?? "",
    port: Number(process.env["MYSQL_TCP_PORT"]),
    user: process.env["MYSQL_USER"] ?? "",
    password: process.env["MYSQL_PWD"] ?? "",
    database: process.env["MYSQL_DATABASE"] ?? "",
    connectionLimit: 1,
    connectTimeout: CONNECT_TIMEOUT_MS,
  });
  return {
    invoke: () => pool.query(`select sleep(${querySeconds})`),
    stop: () => pool.end(),
  };
}
