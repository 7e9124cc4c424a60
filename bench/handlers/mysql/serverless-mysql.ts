import serverlessMysql from "serverless-mysql";
import { database, host, port, user } from "../endpoint.js";
import { type Answer, type Handler, statement } from "../handler.js";
import { signer } from "../signer.js";

// It hands its configuration to mysql2, and so takes a plugin for the password.
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
