import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import type { RowDataPacket } from "mysql2";
import { type Answer, statement } from "../handler.js";

export const handler = middy()
  .use(rdsProxy())
  .handler(async (_event, { db }) => (await db.query<(RowDataPacket & Answer)[]>(statement))[0][0]);
