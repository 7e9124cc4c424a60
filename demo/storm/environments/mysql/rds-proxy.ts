import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware/mysql";
import { busySeconds, type Environment } from "../environment.js";

export function createEnvironment(): Environment {
  const middleware = rdsProxy();
  const handler = middy()
    .use(middleware)
    .handler(async (_event, { db }) => (await db.query(`select sleep(${busySeconds})`))[0]);
  return {
    invoke: async (context) => Reflect.apply(handler, undefined, [{}, context]),
    stop: () => middleware.close(),
  };
}
