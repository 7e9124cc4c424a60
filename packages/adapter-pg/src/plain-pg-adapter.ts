import type { Adapter } from "@rds-proxy/core/adapter";
import { createAdapter } from "./create-adapter.js";
import type { PgConnection } from "./driver/loan.js";
import { refuseStartupVariables } from "./driver/startup-variables.js";

/**
 * `pgAdapter()` as the middleware has it where no adapter is given: without options of node-postgres, and without the
 * code that checks them, which no cold start reads then.
 */
export function plainPgAdapter(): Adapter<PgConnection> {
  return createAdapter((options) => {
    refuseStartupVariables(options);
    return {};
  });
}
