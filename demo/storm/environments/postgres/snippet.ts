import pg from "pg";
import { database, host, port, signer, user } from "../../../handlers/endpoint.js";
import { busySeconds, connectTimeoutMs, type Environment } from "../environment.js";

export function createEnvironment(): Environment {
  const pool = new pg.Pool({
    host,
    port,
    user,
    database,
    password: () => signer.getAuthToken(),
    ssl: { rejectUnauthorized: true },
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  });
  pool.on("error", () => undefined);
  return {
    invoke: () => pool.query(`select pg_sleep(${busySeconds})`),
    stop: () => pool.end(),
  };
}
