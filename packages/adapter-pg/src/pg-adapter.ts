import { type Adapter, checkObject } from "@rds-proxy/core/adapter";
import { createAdapter } from "./create-adapter.js";
import { checkPgOptions, PG_OPTION_NAMES, type PgOptions } from "./driver/driver-options.js";
import type { PgConnection } from "./driver/loan.js";

/**
 * node-postgres for the middleware: `context.db` is a client of its own for each invocation.
 *
 * @param driverOptions options of node-postgres itself, such as `application_name` or `query_timeout`
 * @throws RdsProxyError for options that RDS Proxy would refuse, when the middleware is created
 */
export function pgAdapter(driverOptions: PgOptions = {}): Adapter<PgConnection> {
  checkObject("options", driverOptions);
  return createAdapter((options) => checkPgOptions({ ...driverOptions }, PG_OPTION_NAMES, options));
}
