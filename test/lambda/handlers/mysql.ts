import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware/mysql";

/** Options that a test passes to the function under test. */
const options: object = JSON.parse(process.env["TEST_OPTIONS"] ?? "{}");
const middleware = rdsProxy(options);
if (process.env["TEST_WARM_UP"]) await middleware.warmUp();

export const handler = middy<{ statement: string }>()
  .use(middleware)
  .handler(async ({ statement }, { db }) => (await db.query(statement))[0]);
