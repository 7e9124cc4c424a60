import type { Refusal } from "@rds-proxy/core/adapter";
import { refusedOption } from "@rds-proxy/core/internal";

/** The `dialectOptions` that Sequelize reads itself. */
export interface OwnDialectOptions {
  readonly clientMinMessages?: unknown;
  readonly prependSearchPath?: unknown;
}

/** `dialectOptions` by their reader: Sequelize or the driver. */
export interface SplitDialectOptions {
  readonly own: OwnDialectOptions;
  readonly driver: object;
}

/**
 * The options that Sequelize passes to node-postgres, as this package does.
 * Source: https://github.com/sequelize/sequelize/blob/v6/src/dialects/postgres/connection-manager.js
 */
export const PASSED_ON: readonly string[] = [
  "application_name",
  "client_encoding",
  "binary",
  "keepAlive",
  "query_timeout",
];

const NOT_PASSED_ON: Refusal = {
  reason: "Sequelize does not pass it to node-postgres, so it has no effect without this package either.",
  remedy: "Leave it out.",
};

/** Options of node-postgres and mysql2 that Sequelize's postgres dialect does not use. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  connectTimeout: {
    reason: "One attempt and all of them have limits of their own here.",
    remedy: "Set `connectTimeoutMs`, and `acquireTimeoutMs` for all attempts.",
  },
  fallback_application_name: NOT_PASSED_ON,
  keepAliveInitialDelayMillis: NOT_PASSED_ON,
  enableChannelBinding: NOT_PASSED_ON,
  scramMaxIterations: NOT_PASSED_ON,
  types: NOT_PASSED_ON,
  Promise: NOT_PASSED_ON,
};

/**
 * Splits `dialectOptions`. `useUTC`, an option of tedious, has no effect with Sequelize on PostgreSQL.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for options that Sequelize would silently ignore
 */
export function splitDialectOptions(
  dialectOptions: OwnDialectOptions & { readonly useUTC?: unknown },
): SplitDialectOptions {
  const { clientMinMessages, prependSearchPath, useUTC: _, ...driver } = dialectOptions;
  for (const name of Object.keys(driver)) {
    const refusal = Object.hasOwn(REFUSALS, name) ? REFUSALS[name] : undefined;
    if (refusal) throw refusedOption(name, refusal);
  }
  return { own: { clientMinMessages, prependSearchPath }, driver };
}
