import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import mysql, { type RowDataPacket } from "mysql2/promise";
import { type Answer, type Handler, statement } from "../handler.js";
import { readyToken } from "../ready-token.js";

// The limit: one connection, a ready token, nothing that would notice that the connection died.
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
