import {
  checkDriverOptions,
  checkObject,
  describeValue,
  invalidOption,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core";
import type pg from "pg";
import { NO_REPLICATION, refuseStartupVariables, STATEMENT_LIMITS } from "./startup-variables.js";

/** Options of node-postgres that go with RDS Proxy and are handed on to it as they are, and what each accepts. */
const CLIENT_CHECKS = {
  application_name: "a text",
  fallback_application_name: "a text",
  query_timeout: "milliseconds from 1",
  keepAlive: "true or false",
  keepAliveInitialDelayMillis: "milliseconds from 0",
  /** Looked at by node-postgres when the first row arrives, where an error would end the process. */
  types(option: string, value: unknown): void {
    checkObject(option, value);
    if (typeof Object(value).getTypeParser === "function") return;
    throw invalidOption(
      option,
      "an object with a function `getTypeParser`",
      "one without",
      "See `pg.types`.",
    );
  },
} as const;

/** A timer counts milliseconds, and what is too long for it ends at once. */
const LONGEST_TIMER_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** The same for options of `pg.Pool`. */
const POOL_CHECKS = {
  min: "a whole number from 0",
  idleTimeoutMillis: "milliseconds from 0",
  allowExitOnIdle: "true or false",
  maxUses: "a whole number from 1",
  maxLifetimeSeconds(option: string, value: unknown): void {
    if (typeof value === "number" && value >= 0 && value <= LONGEST_TIMER_SECONDS) return;
    throw invalidOption(
      option,
      `seconds from 0 to ${LONGEST_TIMER_SECONDS}`,
      describeValue(value),
      "Correct it, or leave it out.",
    );
  },
} as const;

/** Startup options that reach the server, which an RDS instance takes and an RDS Proxy refuses. */
const STARTUP_CHECKS = {
  statement_timeout: "milliseconds from 0",
  lock_timeout: "milliseconds from 0",
  idle_in_transaction_session_timeout: "milliseconds from 0",
  options: "a text",
  replication: "a text",
} as const;

export const PG_OPTION_NAMES: readonly string[] = Object.keys(CLIENT_CHECKS);

export const PG_POOL_OPTION_NAMES: readonly string[] = Object.keys(POOL_CHECKS);

/**
 * Options of node-postgres itself.
 *
 * `query_timeout` is the one limit on statements that works through RDS Proxy: it is the client's own, in
 * milliseconds, and the statement goes on running at the server.
 */
export type PgOptions = Pick<pg.ClientConfig, keyof typeof CLIENT_CHECKS>;

/** Options of `pg.Pool`. */
export type PgPoolOptions = {
  [Name in keyof typeof POOL_CHECKS]?: NonNullable<pg.PoolConfig[Name]> | undefined;
};

/** What node-postgres would take and a proxied login must not have, with the way out. */
const REMEDIES: Readonly<Record<string, string>> = {
  statement_timeout: STATEMENT_LIMITS,
  lock_timeout: STATEMENT_LIMITS,
  idle_in_transaction_session_timeout: STATEMENT_LIMITS,
  options: STATEMENT_LIMITS,
  replication: NO_REPLICATION,
  password: "Leave it out: a token is signed for each login, or `auth` names a secret with the password.",
  connectionString: "Give host, port, user and database as options or in the environment.",
  ssl: "Verification is always on; extra roots go into `ssl: { ca }`.",
  connectionTimeoutMillis: "The limit of one attempt is `connectTimeoutMs`.",
  max: "The number of connections is `maxConnections`.",
  pipeline: "A pipelined connection cannot be rolled back or given back safely.",
};

/**
 * Checks what is meant for node-postgres.
 *
 * @param known the names that may be given in this place
 * @throws RdsProxyError for an unknown name, for a value that node-postgres could not work with, and for a startup
 *   option that RDS Proxy refuses, also when it comes from a variable
 */
export function checkPgOptions<T extends object>(
  given: T,
  known: readonly string[],
  options: ResolvedRdsProxyOptions,
): T {
  const startupNames = options.endpoint.kind === "instance" ? Object.keys(STARTUP_CHECKS) : [];
  checkDriverOptions(given, [...known, ...startupNames], {
    remedies: REMEDIES,
    checks: { ...CLIENT_CHECKS, ...POOL_CHECKS, ...STARTUP_CHECKS },
  });
  refuseStartupVariables(options);
  return given;
}
