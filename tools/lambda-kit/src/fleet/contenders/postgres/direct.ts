import pg from "pg";
import { CONNECT_TIMEOUT_MS } from "../../../snippets/endpoint.js";
import type { Environment } from "../environment.js";

/** A pool with neither proxy nor TLS nor token. PGHOST and the like name the server. */
export function createEnvironment(querySeconds: number): Environment {
  const pool = new pg.Pool({ max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  pool.on("error", () => undefined);
  return {
    invoke: () => pool.query(`select pg_sleep(${querySeconds})`),
    stop: () => pool.end(),
  };
}
