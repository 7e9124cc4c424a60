import mysql, { type RowDataPacket } from "mysql2/promise";
import { database, host, port, user } from "../endpoint.js";
import { type Answer, type Handler, statement } from "../handler.js";
import { signer } from "../signer.js";

// What good tutorials and issue threads arrive at: one pool outside the handler, a token for each login.
const pool = mysql.createPool({
  host,
  port,
  user,
  database,
  ssl: { rejectUnauthorized: true, verifyIdentity: true },
  authPlugins: { mysql_clear_password: () => async () => Buffer.from(`${await signer.getAuthToken()}\0`) },
  connectionLimit: 1,
});

export const handler: Handler = async () => (await pool.query<(RowDataPacket & Answer)[]>(statement))[0][0];
