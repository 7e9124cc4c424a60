import { type Adapter, createConnectionSlots } from "@rds-proxy/core/adapter";
import { createConnection } from "mysql2";
import { mysql2Driver } from "./driver/driver.js";
import type { Mysql2Options } from "./driver/driver-options.js";
import type { Mysql2Connection } from "./driver/loan.js";

/** @param driverOptions gives checked options of mysql2 */
export function createAdapter(driverOptions: () => Mysql2Options): Adapter<Mysql2Connection> {
  return {
    engine: "mysql",
    create: (options) =>
      createConnectionSlots(mysql2Driver(createConnection, options, driverOptions()), options),
  };
}
