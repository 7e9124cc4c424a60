import { type Adapter, checkObject, createConnectionSlots } from "@rds-proxy/core/adapter";
import { createConnection } from "mysql2";
import type { Mysql2Connection } from "./driver/connection-view.js";
import { mysql2Driver } from "./driver/driver.js";
import { checkMysql2Options, MYSQL2_OPTION_NAMES, type Mysql2Options } from "./driver/driver-options.js";

/**
 * mysql2 for the middleware: `context.db` is a `mysql2/promise` connection of its own for each invocation.
 *
 * @param driverOptions options of mysql2 itself, such as `timezone` or `namedPlaceholders`
 * @throws RdsProxyError for options that a login through RDS Proxy does not allow, when the middleware is created
 */
export function mysql2Adapter(driverOptions: Mysql2Options = {}): Adapter<Mysql2Connection> {
  checkObject("options", driverOptions);
  return {
    engine: "mysql",
    create(options) {
      const checked = checkMysql2Options({ ...driverOptions }, MYSQL2_OPTION_NAMES);
      return createConnectionSlots(mysql2Driver(createConnection, options, checked), options);
    },
  };
}

/**
 * `mysql2Adapter()` without options, the middleware's default. A bundler leaves out the checks of options with it: about 8 kB
 * that no cold start then reads.
 */
export function plainMysql2Adapter(): Adapter<Mysql2Connection> {
  return {
    engine: "mysql",
    create: (options) => createConnectionSlots(mysql2Driver(createConnection, options, {}), options),
  };
}
