import { database, host, port, region, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import { AwsMySQLClient } from "aws-advanced-nodejs-wrapper/mysql";
import { type Handler, statement } from "../handler.js";

// AWS's wrapper with only its IAM plugin. The dialect is set, so that it does not query the server for it.
const client = new AwsMySQLClient({
  host,
  port,
  user,
  database,
  dialect: "rds-mysql",
  plugins: "iam",
  iamRegion: region,
  ssl: { rejectUnauthorized: true, verifyIdentity: true },
  enableCleartextPlugin: true,
});
const connected = client.connect();

export const handler: Handler = async () => {
  await connected;
  const [rows] = await client.query({ sql: statement });
  return rows[0];
};
