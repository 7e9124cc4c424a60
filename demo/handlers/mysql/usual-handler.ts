import mysql, { type PoolOptions } from "mysql2/promise";
import { database, host, port, user } from "../endpoint.js";
import type { Handler } from "../task.js";
import { work } from "./work.js";

/**
 * What good tutorials and issue threads arrive at: one pool per environment, outside the handler, of one connection;
 * TLS that verifies the name, too; and the connection given back in any case. mysql2's pool needs no error listener:
 * by itself it removes a connection that fails.
 */
export function usualHandler(
  login: Pick<PoolOptions, "authPlugins" | "password" | "enableCleartextPlugin">,
): Handler {
  const pool = mysql.createPool({
    host,
    port,
    user,
    database,
    ...login,
    ssl: { rejectUnauthorized: true, verifyIdentity: true },
    connectionLimit: 1,
    connectTimeout: 5000,
    enableKeepAlive: true,
  });

  return async (task) => {
    const connection = await pool.getConnection();
    try {
      return await work(task, connection);
    } finally {
      connection.release();
    }
  };
}
