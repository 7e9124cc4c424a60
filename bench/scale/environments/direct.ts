import pg from "pg";
import { type Invoke, statement } from "./environment.js";

// To the server itself, with a password and without TLS. PGHOST and the like say where it is.
export function createEnvironment(): Invoke {
  const pool = new pg.Pool({ max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: 5000 });
  pool.on("error", () => undefined);
  return () => pool.query(statement);
}
