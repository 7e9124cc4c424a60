import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import { createSigner } from "@rds-proxy/lambda-kit/snippets/signer";
import ServerlessClient from "serverless-postgres";
import { type Handler, statement } from "../handler.js";

const signer = createSigner();

// As its README shows it; it passes the password function to node-postgres.
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
