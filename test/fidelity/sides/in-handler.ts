import middy from "@middy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import type { RdsProxyMiddleware } from "@rds-proxy/middleware";

/** Runs work in one invocation, and closes the middleware after it. */
export async function inHandler<Db>(
  middleware: RdsProxyMiddleware<"db", Db>,
  work: (db: Db) => Promise<void>,
): Promise<void> {
  try {
    await middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => work(db))({}, lambdaContext(25_000));
  } finally {
    await middleware.close();
  }
}
