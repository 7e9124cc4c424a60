import { checkMysql2Options, MYSQL2_OPTION_NAMES } from "@rds-proxy/adapter-mysql2/driver";
import type { Refusal } from "@rds-proxy/core/adapter";
import { refusedOption } from "@rds-proxy/core/internal";

const PLACE: Refusal = {
  reason: "The token is signed for an endpoint and a user, which are known before the driver is called.",
  remedy: "Set `host`, `port`, `username` and `database` beside `dialectOptions`, or `user` of rdsProxy().",
};
const OTHER_POOL: Refusal = {
  reason: "It is for mysql2's pool, and Sequelize has one of its own.",
  remedy: "Set `pool`.",
};

/** Options that mysql2 would accept in `dialectOptions`, in addition to those that its adapter refuses. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  host: PLACE,
  port: PLACE,
  user: PLACE,
  database: PLACE,
  connectionLimit: OTHER_POOL,
  maxIdle: OTHER_POOL,
  idleTimeout: OTHER_POOL,
  queueLimit: OTHER_POOL,
  waitForConnections: OTHER_POOL,
  resetOnRelease: OTHER_POOL,
};

/**
 * Checks `dialectOptions`, which Sequelize passes to mysql2 unchanged. With `useUTC`, an option of tedious, mysql2 prints a
 * warning.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function checkDialectOptions(dialectOptions: { readonly useUTC?: unknown }): void {
  const { useUTC: _, ...driver } = dialectOptions;
  for (const name of Object.keys(driver)) {
    const refusal = Object.hasOwn(REFUSALS, name) ? REFUSALS[name] : undefined;
    if (refusal) throw refusedOption(name, refusal);
  }
  checkMysql2Options(driver, MYSQL2_OPTION_NAMES);
}
