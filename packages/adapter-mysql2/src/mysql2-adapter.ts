import { type Adapter, checkObject } from "@rds-proxy/core/adapter";
import { createAdapter } from "./create-adapter.js";
import { checkMysql2Options, MYSQL2_OPTION_NAMES, type Mysql2Options } from "./driver/driver-options.js";
import type { Mysql2Connection } from "./driver/loan.js";

/**
 * mysql2 for the middleware: `context.db` is a `mysql2/promise` connection of its own for each invocation.
 *
 * @param driverOptions options of mysql2 itself, such as `timezone` or `namedPlaceholders`
 * @throws RdsProxyError for options that do not go with a proxied login, when the middleware is created
 */
export function mysql2Adapter(driverOptions: Mysql2Options = {}): Adapter<Mysql2Connection> {
  checkObject("options", driverOptions);
  return createAdapter(() => checkMysql2Options({ ...driverOptions }, MYSQL2_OPTION_NAMES));
}
