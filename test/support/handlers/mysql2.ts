import { rdsProxy } from "@rds-proxy/middleware/mysql";
import { scriptedHandler, testOptions } from "./scripted-handler.js";

export const handler = await scriptedHandler(
  rdsProxy(testOptions()),
  async (db, statement) => (await db.query(statement))[0],
);
