import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import mysql, { type RowDataPacket } from "mysql2/promise";
import { type Answer, type Handler, statement } from "../handler.js";
import { readyToken } from "../ready-token.js";

// The limit: one connection and a ready token, without any handling of a dead connection.
const connecting = mysql.createConnection({
  host,
  port,
  user,
  database,
  ssl: { rejectUnauthorized: true, verifyIdentity: true },
  authPlugins: { mysql_clear_password: () => () => Buffer.from(`${readyToken}\0`) },
});

export const handler: Handler = async () => {
  const connection = await connecting;
  return (await connection.query<(RowDataPacket & Answer)[]>(statement))[0][0];
};
