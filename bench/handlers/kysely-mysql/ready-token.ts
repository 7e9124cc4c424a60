import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import { Kysely, MysqlDialect } from "kysely";
import { createPool } from "mysql2";
import type { Handler } from "../handler.js";
import { readyToken } from "../ready-token.js";
import { selectOne } from "../select-one.js";

// The limit: Kysely as its documentation sets it up, with a token that was signed beforehand.
const pool = createPool({
  host,
  port,
  user,
  database,
  ssl: { rejectUnauthorized: true, verifyIdentity: true },
  authPlugins: { mysql_clear_password: () => () => Buffer.from(`${readyToken}\0`) },
  connectionLimit: 1,
});
const db = new Kysely<object>({ dialect: new MysqlDialect({ pool }) });

export const handler: Handler = () => selectOne(db);
