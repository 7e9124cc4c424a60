import { database, host, port, region, user } from "@rds-proxy/lambda-kit/snippets/endpoint";
import { AwsPGClient } from "aws-advanced-nodejs-wrapper/pg";
import { type Handler, statement } from "../handler.js";

// AWS's wrapper with only its IAM plugin. The dialect is set, so that it does not query the server for it.
const client = new AwsPGClient({
  host,
  port,
  user,
  database,
  dialect: "rds-pg",
  plugins: "iam",
  iamRegion: region,
  ssl: { rejectUnauthorized: true },
});
const connected = client.connect();

export const handler: Handler = async () => {
  await connected;
  return (await client.query(statement)).rows[0];
};
