import ServerlessClient from "serverless-postgres";
import { database, host, port, user } from "../endpoint.js";
import { type Handler, statement } from "../handler.js";
import { signer } from "../signer.js";

// As its README shows it; a function for the password goes through to node-postgres.
const client = new ServerlessClient({
  host,
  port,
  user,
  database,
  password: () => signer.getAuthToken(),
  ssl: { rejectUnauthorized: true },
});

export const handler: Handler = async () => {
  await client.connect();
  const { rows } = await client.query(statement);
  await client.clean();
  return rows[0];
};
