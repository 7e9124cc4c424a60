import { type Adapter, checkObject, createConnectionSlots } from "@rds-proxy/core/adapter";
import { RdsProxyClient } from "./client.js";
import type { PgConnection } from "./driver/connection-view.js";
import { pgDriver } from "./driver/driver.js";
import { checkPgOptions, PG_OPTION_NAMES, type PgOptions } from "./driver/driver-options.js";
import { refuseStartupVariables } from "./driver/startup-variables.js";

/**
 * node-postgres for the middleware: `context.db` is a client of its own for each invocation.
 *
 * @param driverOptions options of node-postgres itself, such as `application_name` or `query_timeout`
 * @throws RdsProxyError for options that RDS Proxy would refuse, when the middleware is created
 */
export function pgAdapter(driverOptions: PgOptions = {}): Adapter<PgConnection> {
  checkObject("options", driverOptions);
  return {
    engine: "postgres",
    create(options) {
      const checked = checkPgOptions({ ...driverOptions }, PG_OPTION_NAMES, options);
      return createConnectionSlots(pgDriver(RdsProxyClient, options, checked), options);
    },
  };
}

/**
 * `pgAdapter()` without options, the middleware's default. A bundler leaves out the checks of options with it: about 4 kB
 * that no cold start then reads.
 */
export function plainPgAdapter(): Adapter<PgConnection> {
  return {
    engine: "postgres",
    create(options) {
      refuseStartupVariables(options);
      return createConnectionSlots(pgDriver(RdsProxyClient, options, {}), options);
    },
  };
}
