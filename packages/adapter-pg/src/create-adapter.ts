import { type Adapter, createConnectionSlots, type ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import { RdsProxyClient } from "./client.js";
import { pgDriver } from "./driver/driver.js";
import type { PgOptions } from "./driver/driver-options.js";
import type { PgConnection } from "./driver/loan.js";

/** @param driverOptions checked options of node-postgres, for the endpoint that it is about */
export function createAdapter(
  driverOptions: (options: ResolvedRdsProxyOptions) => PgOptions,
): Adapter<PgConnection> {
  return {
    engine: "postgres",
    create: (options) =>
      createConnectionSlots(pgDriver(RdsProxyClient, options, driverOptions(options)), options),
  };
}
