import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { database, host, port, user } from "../endpoint.js";
import type { Handler } from "../handler.js";
import { selectOne } from "../select-one.js";
import { signer } from "../signer.js";

// Kysely as its documentation sets it up, with a token for each login.
const pool = new pg.Pool({
  host,
  port,
  user,
  database,
  password: () => signer.getAuthToken(),
  ssl: { rejectUnauthorized: true },
  max: 1,
  idleTimeoutMillis: 0,
});
pool.on("error", () => undefined);
const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) });

export const handler: Handler = () => selectOne(db);
