import { Signer } from "@aws-sdk/rds-signer";
import pg from "pg";
import { database, host, port, region, user } from "../../handlers/endpoint.js";
import { type Invoke, statement } from "./environment.js";

export function createEnvironment(): Invoke {
  const signer = new Signer({ hostname: host, port, username: user, region });
  const pool = new pg.Pool({
    host,
    port,
    user,
    database,
    password: () => signer.getAuthToken(),
    ssl: { rejectUnauthorized: true },
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 5000,
  });
  pool.on("error", () => undefined);
  return () => pool.query(statement);
}
