import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import type { Database, Tenant } from "./databases/database.js";
import type { Engine } from "./engines.js";
import { LambdaFunction } from "./environments/lambda-function.js";
import { WallClock } from "./environments/wall-clock.js";

/** One of those that are compared: a function with a proxy, a database user and a clock of its own. */
export interface Side {
  readonly lambda: LambdaFunction;
  readonly proxy: LocalProxy;
  readonly tenant: Tenant;
  readonly clock: WallClock;
  stop(): Promise<void>;
}

/** The files of a deployed function. */
export interface FunctionFiles {
  readonly runtimeFile: string;
  readonly handlerFile: string;
}

export async function startSide(
  engine: Engine["name"],
  database: Database,
  files: FunctionFiles,
): Promise<Side> {
  const clock = new WallClock();
  const tenant = await database.createTenant();
  const proxy = await startLocalProxy({
    engine,
    upstream: tenant.upstream,
    now: () => clock.now(),
    // The story counts the server's own slots, of which each client takes one this way.
    multiplexing: false,
  });
  const lambda = new LambdaFunction({ ...files, variables: proxy.environment }, clock);
  return {
    lambda,
    proxy,
    tenant,
    clock,
    async stop() {
      await Promise.all([lambda.stop(), proxy.close()]);
    },
  };
}
