import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Handler } from "../handler.js";
import { readyToken } from "../ready-token.js";
import { selectOne } from "../select-one.js";

// The limit: Kysely as its documentation sets it up, with a token that was signed beforehand.
const pool = new pg.Pool({
  host,
  port,
  user,
  database,
  password: readyToken,
  ssl: { rejectUnauthorized: true },
  max: 1,
  idleTimeoutMillis: 0,
});
pool.on("error", () => undefined);
const db = new Kysely<object>({ dialect: new PostgresDialect({ pool }) });

export const handler: Handler = () => selectOne(db);
