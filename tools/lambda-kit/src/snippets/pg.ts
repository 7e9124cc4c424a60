import pg from "pg";
import { CONNECT_TIMEOUT_MS, database, host, port, user } from "./endpoint.js";
import { createSigner } from "./signer.js";

/**
 * What good tutorials and issue threads arrive at: one pool per environment, outside the handler, with one connection that it
 * keeps; verified TLS; an error listener on the pool; and a token for each login.
 *
 * @param password default: signs a token for each login
 */
export function createSnippetPool(password: pg.PoolConfig["password"] = signAtLogin()): pg.Pool {
  const pool = new pg.Pool({
    host,
    port,
    user,
    database,
    password,
    ssl: { rejectUnauthorized: true },
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on("error", () => undefined);
  return pool;
}

function signAtLogin(): () => Promise<string> {
  const signer = createSigner();
  return () => signer.getAuthToken();
}
