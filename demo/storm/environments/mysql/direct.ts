import mysql from "mysql2/promise";
import { busySeconds, connectTimeoutMs, type Environment } from "../environment.js";

// No proxy, no TLS, no token: as cheap as a connection gets.
export function createEnvironment(): Environment {
  const pool = mysql.createPool({
    host: process.env["MYSQL_HOST"] ?? "",
    port: Number(process.env["MYSQL_TCP_PORT"]),
    user: process.env["MYSQL_USER"] ?? "",
    password: process.env["MYSQL_PWD"] ?? "",
    database: process.env["MYSQL_DATABASE"] ?? "",
    connectionLimit: 1,
    connectTimeout: connectTimeoutMs,
  });
  return {
    invoke: () => pool.query(`select sleep(${busySeconds})`),
    stop: () => pool.end(),
  };
}
