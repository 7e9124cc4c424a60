import middy from "@middy/core";
import { kyselyAdapter } from "@rds-proxy/adapter-kysely/postgres";
import { rdsProxy } from "@rds-proxy/middleware";
import { selectOne } from "../select-one.js";

export const handler = middy()
  .use(rdsProxy({ adapter: kyselyAdapter<object>() }))
  .handler(async (_event, { db }) => selectOne(db));
