import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import pg from "pg";
import { type Answer, type Handler, statement } from "../handler.js";
import { readyToken } from "../ready-token.js";

// The limit: one connection and a ready token, without any handling of a dead connection.
const client = new pg.Client({
  host,
  port,
  user,
  database,
  password: readyToken,
  ssl: { rejectUnauthorized: true },
});
const connected = client.connect();

export const handler: Handler = async () => {
  await connected;
  return (await client.query<Answer>(statement)).rows[0];
};
