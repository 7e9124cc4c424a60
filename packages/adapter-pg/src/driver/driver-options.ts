import {
  checkDriverOptions,
  checkObject,
  describeValue,
  invalidOption,
  type Refusal,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core/adapter";
import { checkText } from "@rds-proxy/core/internal";
import type pg from "pg";
import { NO_REPLICATION, refuseStartupVariables, STATEMENT_LIMITS } from "./startup-variables.js";

const CORRECT_IT = "Correct it, or leave it out.";

/** Options that are passed on to node-postgres unchanged, and the values that each accepts. */
const CLIENT_CHECKS = {
  application_name: "a text",
  fallback_application_name: "a text",
  query_timeout: "milliseconds from 1",
  keepAlive: "true or false",
  keepAliveInitialDelayMillis: "milliseconds from 0",
  binary: "true or false",
  client_encoding: "a text",
  enableChannelBinding: "true or false",
  scramMaxIterations: "a whole number from 0",
  Promise: "a function",
  /** node-postgres uses it when the first row arrives, where an exception would end the process. */
  types(option: string, value: unknown): void {
    checkObject(option, value);
    if ("getTypeParser" in value && typeof value.getTypeParser === "function") return;
    throw invalidOption(
      option,
      "an object with a function `getTypeParser`",
      "one without",
      "See `pg.types`.",
    );
  },
} as const;

/** Node's timers take up to 2 ** 31 - 1 ms; a longer one fires at once. */
const LONGEST_TIMER_SECONDS = 2_147_483;

/** The same for options of `pg.Pool`. */
const POOL_CHECKS = {
  min: "a whole number from 0",
  idleTimeoutMillis: "milliseconds from 0",
  allowExitOnIdle: "true or false",
  maxUses: "a whole number from 1",
  log: "a function",
  verify: "a function",
  onConnect: "a function",
  maxLifetimeSeconds(option: string, value: unknown): void {
    if (typeof value === "number" && value >= 0 && value <= LONGEST_TIMER_SECONDS) return;
    throw invalidOption(
      option,
      `seconds from 0 to ${LONGEST_TIMER_SECONDS}`,
      describeValue(value),
      CORRECT_IT,
    );
  },
} as const;

/** Options that an RDS instance accepts and RDS Proxy does not. */
const INSTANCE_CHECKS = {
  statement_timeout: "milliseconds from 0",
  lock_timeout: "milliseconds from 0",
  idle_in_transaction_session_timeout: "milliseconds from 0",
  options: "a text",
  replication(option: string, value: unknown): void {
    if (value !== true) checkText(option, value);
  },
  sslnegotiation(option: string, value: unknown): void {
    if (value === "direct") return;
    throw invalidOption(option, '"postgres" or "direct"', describeValue(value), CORRECT_IT);
  },
} as const;

export const PG_OPTION_NAMES: readonly string[] = Object.keys(CLIENT_CHECKS);

export const PG_POOL_OPTION_NAMES: readonly string[] = Object.keys(POOL_CHECKS);

const PG_INSTANCE_OPTION_NAMES: readonly string[] = Object.keys(INSTANCE_CHECKS);

/**
 * Options of node-postgres itself, with its defaults.
 *
 * `query_timeout` (milliseconds) is the only limit on statements that works through RDS Proxy. The client applies it: the
 * statement keeps running on the server.
 */
export type PgOptions = Pick<pg.ClientConfig, Extract<keyof typeof CLIENT_CHECKS, keyof pg.ClientConfig>> & {
  /**
   * Whether statements with parameters return values in PostgreSQL's binary format.
   *
   * @default false
   */
  binary?: boolean | undefined;
  /**
   * The maximum of iterations that a server may ask for in a SCRAM login, which only `secret` uses; 0 for no maximum.
   *
   * @default 100000
   */
  scramMaxIterations?: number | undefined;
  /**
   * The class of the promises that queries and pools return. Deprecated by node-postgres.
   *
   * @default JavaScript's `Promise`
   */
  Promise?: PromiseConstructorLike | undefined;
  /**
   * How TLS begins. `"direct"` works with instances only.
   *
   * @default "postgres"
   */
  sslnegotiation?: "postgres" | "direct" | undefined;
};

/** Options of `pg.Pool`. The defaults are `pg.Pool`'s, except those in the documentation of `PgPoolOptions`. */
export type PgPoolOnlyOptions = {
  [Name in keyof typeof POOL_CHECKS]?: pg.PoolConfig[Name];
};

const SIGNED: Refusal = {
  reason: "A token is signed for each login; a stored password comes from `secret`.",
  remedy: "Leave it out.",
};
const OWN_SOCKET: Refusal = {
  reason: "The library opens and verifies the socket.",
  remedy: "Set `host` and `port`, and behind a tunnel `signingHost`.",
};

/** Options of node-postgres that do not work with this library or with RDS Proxy. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  statement_timeout: STATEMENT_LIMITS,
  lock_timeout: STATEMENT_LIMITS,
  idle_in_transaction_session_timeout: STATEMENT_LIMITS,
  options: STATEMENT_LIMITS,
  replication: NO_REPLICATION,
  sslnegotiation: {
    reason: "AWS does not document that RDS Proxy supports direct TLS.",
    remedy: "Leave it out.",
  },
  password: SIGNED,
  connectionString: {
    reason: "It contains a password, and its `sslmode` would change what is verified.",
    remedy: "Give host, port, user and database as options or in the environment.",
  },
  ssl: {
    reason: "Verification is always on.",
    remedy:
      "Extra roots go into `ssl: { ca }` beside `host`: of the middleware, `createPool()` or `connectionOptions()`.",
  },
  stream: OWN_SOCKET,
  connection: OWN_SOCKET,
  connectionTimeoutMillis: {
    reason: "Attempts have their own options for that.",
    remedy: "Set `connectTimeoutMs` for one attempt, and `acquireTimeoutMs` for all of them.",
  },
  max: {
    reason: "The option for the size has the same name for all drivers.",
    remedy: "Set `maxConnections`.",
  },
  poolSize: {
    reason: "The option for the size has the same name for all drivers.",
    remedy: "Set `maxConnections`.",
  },
  Client: {
    reason: "The pool's own client class signs tokens and verifies the server.",
    remedy: "Set up clients in `onConnect`, or pass `connectionOptions()` to a `pg.Pool` of your own.",
  },
  pipeline: {
    reason: "A pipelined connection cannot be rolled back or released safely.",
    remedy: "Leave it out, and await one query after the other.",
  },
};

/** Values that node-postgres treats as missing, or that ask for the default. */
const HARMLESS: Readonly<Record<string, readonly unknown[]>> = {
  password: ["", null],
  connectionString: ["", null],
  ssl: [true],
  application_name: [""],
  fallback_application_name: [""],
  client_encoding: [""],
  query_timeout: [0, false],
  statement_timeout: [0, false],
  lock_timeout: [0, false],
  idle_in_transaction_session_timeout: [0, false],
  options: [""],
  replication: [false, ""],
  sslnegotiation: ["postgres"],
  pipeline: [false],
  idleTimeoutMillis: [null],
  maxUses: [0],
};

/**
 * Checks options of node-postgres.
 *
 * @param known the names that are allowed here
 * @returns the options without those that have no effect
 * @throws RdsProxyError for an unknown name, a value that node-postgres cannot use, and a startup option that RDS Proxy
 *   refuses, also if an environment variable sets it
 */
export function checkPgOptions<T extends object>(
  given: T,
  known: readonly string[],
  options: ResolvedRdsProxyOptions,
): T {
  const isInstance = options.endpoint.kind === "instance";
  const asked = checkDriverOptions(given, isInstance ? [...known, ...PG_INSTANCE_OPTION_NAMES] : known, {
    refusals: REFUSALS,
    checks: { ...CLIENT_CHECKS, ...POOL_CHECKS, ...INSTANCE_CHECKS },
    harmless: HARMLESS,
  });
  refuseStartupVariables(options);
  return asked;
}
