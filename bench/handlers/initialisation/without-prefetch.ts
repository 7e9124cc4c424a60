import "./modules/all-parts.js";
import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware";
import { type Answer, statement } from "../handler.js";

export const handler = middy()
  .use(rdsProxy({ prefetch: false }))
  .handler(async (_event, { db }) => (await db.query<Answer>(statement)).rows[0]);
