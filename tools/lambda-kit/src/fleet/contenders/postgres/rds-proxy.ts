import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware";
import type { Environment } from "../environment.js";

export function createEnvironment(querySeconds: number): Environment {
  const middleware = rdsProxy();
  const handler = middy()
    .use(middleware)
    .handler(async (_event, { db }) => (await db.query(`select pg_sleep(${querySeconds})`)).rows);
  return {
    invoke: async (context) => Reflect.apply(handler, undefined, [{}, context]),
    stop: () => middleware.close(),
  };
}
