import pg from "pg";
import { database, host, port, user } from "../endpoint.js";
import type { Handler } from "../task.js";
import { work } from "./work.js";

/**
 * What good tutorials and issue threads arrive at: one pool per environment, outside the handler, of one connection;
 * verified TLS; an error listener on the pool; and the client given back in any case.
 */
export function usualHandler(password: pg.PoolConfig["password"]): Handler {
  const pool = new pg.Pool({
    host,
    port,
    user,
    database,
    password,
    ssl: { rejectUnauthorized: true },
    max: 1,
    // Longer than the demo takes, so that the pool keeps the connection warm from step to step.
    idleTimeoutMillis: 120_000,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  pool.on("error", (error) => console.error("idle client failed:", error.message));

  return async (task) => {
    const client = await pool.connect();
    try {
      return await work(task, client);
    } finally {
      client.release();
    }
  };
}
