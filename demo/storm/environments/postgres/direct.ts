import pg from "pg";
import { busySeconds, connectTimeoutMs, type Environment } from "../environment.js";

// No proxy, no TLS, no token: as cheap as a connection gets. PGHOST and the like say where the server is.
export function createEnvironment(): Environment {
  const pool = new pg.Pool({ max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: connectTimeoutMs });
  pool.on("error", () => undefined);
  return {
    invoke: () => pool.query(`select pg_sleep(${busySeconds})`),
    stop: () => pool.end(),
  };
}
