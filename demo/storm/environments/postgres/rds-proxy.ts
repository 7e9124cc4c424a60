import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware";
import { busySeconds, type Environment } from "../environment.js";

export function createEnvironment(): Environment {
  const middleware = rdsProxy();
  const handler = middy()
    .use(middleware)
    .handler(async (_event, { db }) => (await db.query(`select pg_sleep(${busySeconds})`)).rows);
  return {
    invoke: async (context) => Reflect.apply(handler, undefined, [{}, context]),
    stop: () => middleware.close(),
  };
}
