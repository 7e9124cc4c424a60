import { database, host, port, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import { createSigner } from "@rds-proxy/lambda-kit/snippets/signer";
import serverlessMysql from "serverless-mysql";
import { type Answer, type Handler, statement } from "../handler.js";

const signer = createSigner();

// It passes its configuration to mysql2, so the token comes from a plugin.
const connection = serverlessMysql({
  config: {
    host,
    port,
    user,
    database,
    ssl: { rejectUnauthorized: true, verifyIdentity: true },
    authPlugins: { mysql_clear_password: () => async () => Buffer.from(`${await signer.getAuthToken()}\0`) },
  },
});

export const handler: Handler = async () => {
  const rows = await connection.query<Answer[]>(statement);
  await connection.end();
  return rows[0];
};
