import { type Adapter, checkObject } from "@rds-proxy/core/adapter";
import { createAdapter } from "./create-adapter.js";
import { checkMysqlOptions, MYSQL_OPTION_NAMES, type MysqlOptions } from "./driver/driver-options.js";
import type { MysqlConnection } from "./driver/loan.js";

/**
 * mysql2 for the middleware: `context.db` is a `mysql2/promise` connection of its own for each invocation.
 *
 * @param driverOptions options of mysql2 itself, such as `timezone` or `namedPlaceholders`
 * @throws RdsProxyError for options that do not go with a proxied login, when the middleware is created
 */
export function mysql2Adapter(driverOptions: MysqlOptions = {}): Adapter<MysqlConnection> {
  checkObject("options", driverOptions);
  return createAdapter(() => checkMysqlOptions({ ...driverOptions }, MYSQL_OPTION_NAMES));
}
