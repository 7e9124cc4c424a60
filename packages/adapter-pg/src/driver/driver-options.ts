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

/** Options of node-postgres that go with RDS Proxy and are handed on to it as they are, and what each accepts. */
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
  /** Looked at by node-postgres when the first row arrives, where an error would end the process. */
  types(option: string, value: unknown): void {
    checkObject(option, value);
    if (hasTypeParsers(value)) return;
    throw invalidOption(
      option,
      "an object with a function `getTypeParser`",
      "one without",
      "See `pg.types`.",
    );
  },
} as const;

function hasTypeParsers(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("getTypeParser" in value)) return false;
  return typeof value.getTypeParser === "function";
}

/** A timer counts milliseconds, and what is too long for it ends at once. */
const LONGEST_TIMER_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

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

/** Options that an RDS instance takes, and an RDS Proxy does not. */
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
 * Options of node-postgres itself.
 *
 * `query_timeout` is the one limit on statements that works through RDS Proxy: it is the client's own, in
 * milliseconds, and the statement goes on running at the server.
 */
export type PgOptions = Pick<pg.ClientConfig, Extract<keyof typeof CLIENT_CHECKS, keyof pg.ClientConfig>> & {
  /** Whether values of statements with parameters come in PostgreSQL's binary format. Default false. */
  binary?: boolean | undefined;
  /** The most iterations that a server may ask for in a SCRAM login, which only `secret` leads to; 0 for any number. */
  scramMaxIterations?: number | undefined;
  /** What queries and pools return. Deprecated by node-postgres. Default: JavaScript's own. */
  Promise?: PromiseConstructorLike | undefined;
  /** How TLS begins: `"direct"` is for instances only. Default `"postgres"`. */
  sslnegotiation?: "postgres" | "direct" | undefined;
};

/** Options of `pg.Pool`. */
export type PgPoolOnlyOptions = {
  [Name in keyof typeof POOL_CHECKS]?: pg.PoolConfig[Name];
};

const SIGNED: Refusal = {
  reason: "A token is signed for each login; a stored password comes from `secret`.",
  remedy: "Leave it out.",
};
const OWN_SOCKET: Refusal = {
  reason: "The socket is opened and verified here.",
  remedy: "Set `host` and `port`, and behind a tunnel `signingHost`.",
};

/** What node-postgres would take and a proxied login must not have. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  statement_timeout: STATEMENT_LIMITS,
  lock_timeout: STATEMENT_LIMITS,
  idle_in_transaction_session_timeout: STATEMENT_LIMITS,
  options: STATEMENT_LIMITS,
  replication: NO_REPLICATION,
  sslnegotiation: {
    reason: "AWS does not document that RDS Proxy takes TLS without PostgreSQL's own request for it.",
    remedy: "Leave it out.",
  },
  password: SIGNED,
  connectionString: {
    reason: "It holds a password, and its `sslmode` would decide about verification.",
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
    reason: "One attempt and all of them have limits of their own here.",
    remedy: "Set `connectTimeoutMs`, and `acquireTimeoutMs` for all attempts.",
  },
  max: { reason: "Options for the size have one name for all drivers.", remedy: "Set `maxConnections`." },
  poolSize: {
    reason: "Options for the size have one name for all drivers.",
    remedy: "Set `maxConnections`.",
  },
  Client: {
    reason: "The pool's client is the one that signs and verifies.",
    remedy: "Set up clients in `onConnect`, or pass `connectionOptions()` to a `pg.Pool` of your own.",
  },
  pipeline: {
    reason: "A pipelined connection cannot be rolled back or given back safely.",
    remedy: "Leave it out, and await one query after the other.",
  },
};

/** Values that node-postgres takes for none, or that ask for what happens anyway. */
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
 * Checks what is meant for node-postgres.
 *
 * @param known the names that may be given in this place
 * @returns the options without those that ask for nothing
 * @throws RdsProxyError for an unknown name, for a value that node-postgres could not work with, and for a startup
 *   option that RDS Proxy refuses, also when it comes from a variable
 */
export function checkPgOptions<T extends object>(
  given: T,
  known: readonly string[],
  options: ResolvedRdsProxyOptions,
): T {
  const instanceNames = options.endpoint.kind === "instance" ? PG_INSTANCE_OPTION_NAMES : [];
  const asked = checkDriverOptions(given, [...known, ...instanceNames], {
    refusals: REFUSALS,
    checks: { ...CLIENT_CHECKS, ...POOL_CHECKS, ...INSTANCE_CHECKS },
    harmless: HARMLESS,
  });
  refuseStartupVariables(options);
  return asked;
}
