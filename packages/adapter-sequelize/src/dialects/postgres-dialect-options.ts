import type { Refusal } from "@rds-proxy/core/adapter";
import { refusedOption } from "@rds-proxy/core/internal";

/** What Sequelize reads in `dialectOptions` itself. */
export interface OwnDialectOptions {
  readonly clientMinMessages?: unknown;
  readonly prependSearchPath?: unknown;
}

/** `dialectOptions` by who reads them. */
export interface SplitDialectOptions {
  readonly own: OwnDialectOptions;
  readonly driver: object;
}

/**
 * What Sequelize hands on to node-postgres, and this package as well.
 * Source: https://github.com/sequelize/sequelize/blob/v6/src/dialects/postgres/connection-manager.js
 */
export const HANDED_ON: readonly string[] = [
  "application_name",
  "client_encoding",
  "binary",
  "keepAlive",
  "query_timeout",
];

const NOT_HANDED_ON: Refusal = {
  reason: "Sequelize does not hand it on to node-postgres, so that it has no effect there either.",
  remedy: "Leave it out.",
};

/** What node-postgres and mysql2 know and Sequelize's postgres dialect does not. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  connectTimeout: {
    reason: "One attempt and all of them have limits of their own here.",
    remedy: "Set `connectTimeoutMs`, and `acquireTimeoutMs` for all attempts.",
  },
  fallback_application_name: NOT_HANDED_ON,
  keepAliveInitialDelayMillis: NOT_HANDED_ON,
  enableChannelBinding: NOT_HANDED_ON,
  scramMaxIterations: NOT_HANDED_ON,
  types: NOT_HANDED_ON,
  Promise: NOT_HANDED_ON,
};

/**
 * Takes `dialectOptions` apart. `useUTC`, which is tedious's, has no effect with Sequelize on PostgreSQL.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for what Sequelize would pass over without a word
 */
export function splitDialectOptions(
  dialectOptions: OwnDialectOptions & { readonly useUTC?: unknown },
): SplitDialectOptions {
  const { clientMinMessages, prependSearchPath, useUTC: _, ...driver } = dialectOptions;
  for (const [name, value] of Object.entries(driver)) {
    const refusal = Object.hasOwn(REFUSALS, name) ? REFUSALS[name] : undefined;
    if (refusal && value !== undefined) throw refusedOption(name, refusal);
  }
  return { own: { clientMinMessages, prependSearchPath }, driver };
}
