import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware";
import { type Invoke, statement } from "./environment.js";

export function createEnvironment(): Invoke {
  const handler = middy()
    .use(rdsProxy())
    .handler(async (_event, { db }) => (await db.query(statement)).rows);
  return (context) => Reflect.apply(handler, undefined, [{}, context]);
}
