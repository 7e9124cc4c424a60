import { SharedClock } from "@rds-proxy/lambda-kit/clock";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import type { Database, Tenant } from "./databases/database.js";
import type { Engine } from "./engines.js";
import { LambdaFunction } from "./lambda-function.js";

/** One of the compared functions, with a proxy, a database user and a clock of its own. */
export interface Side {
  readonly lambda: LambdaFunction;
  readonly proxy: LocalProxy;
  readonly tenant: Tenant;
  readonly clock: SharedClock;
  stop(): Promise<void>;
}

/** @param program a bundle of the side's handler */
export async function startSide(engine: Engine["name"], database: Database, program: string): Promise<Side> {
  const clock = new SharedClock();
  const tenant = await database.createTenant();
  const proxy = await startLocalProxy({
    engine,
    upstream: tenant.upstream,
    now: () => clock.now(),
    // The demo counts the server's slots; without multiplexing each client takes one.
    multiplexing: false,
  });
  const lambda = new LambdaFunction(program, proxy.environment, clock);
  return {
    lambda,
    proxy,
    tenant,
    clock,
    async stop() {
      await Promise.all([lambda.stop(), proxy.close()]);
      clock.remove();
    },
  };
}
