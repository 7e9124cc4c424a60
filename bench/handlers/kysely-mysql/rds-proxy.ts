import middy from "@middy/core";
import { kyselyAdapter } from "@rds-proxy/adapter-kysely/mysql";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import { selectOne } from "../select-one.js";

export const handler = middy()
  .use(rdsProxy({ adapter: kyselyAdapter<object>() }))
  .handler(async (_event, { db }) => selectOne(db));
