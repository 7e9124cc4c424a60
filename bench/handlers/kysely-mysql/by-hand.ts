import { Kysely, MysqlDialect } from "kysely";
import { createPool } from "mysql2";
import { database, host, port, user } from "../endpoint.js";
import type { Handler } from "../handler.js";
import { selectOne } from "../select-one.js";
import { signer } from "../signer.js";

// Kysely as its documentation sets it up, with a token for each login.
const pool = createPool({
  host,
  port,
  user,
  database,
  ssl: { rejectUnauthorized: true, verifyIdentity: true },
  authPlugins: { mysql_clear_password: () => async () => Buffer.from(`${await signer.getAuthToken()}\0`) },
  connectionLimit: 1,
});
const db = new Kysely<object>({ dialect: new MysqlDialect({ pool }) });

export const handler: Handler = () => selectOne(db);
