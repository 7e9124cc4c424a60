import { type Adapter, createConnectionSlots } from "@rds-proxy/core/adapter";
import { createConnection } from "mysql2";
import { mysqlDriver } from "./driver/driver.js";
import type { MysqlOptions } from "./driver/driver-options.js";
import type { MysqlConnection } from "./driver/loan.js";

/** @param driverOptions gives checked options of mysql2 */
export function createAdapter(driverOptions: () => MysqlOptions): Adapter<MysqlConnection> {
  return {
    engine: "mysql",
    create: (options) =>
      createConnectionSlots(mysqlDriver(createConnection, options, driverOptions()), options),
  };
}
