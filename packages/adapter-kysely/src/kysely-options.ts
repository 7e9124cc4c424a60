import { checkDriverOptions, describeValue, invalidOption, type Refusal } from "@rds-proxy/core/adapter";
import type { KyselyConfig } from "kysely";
import type { ConnectionHooks } from "./connection-hooks.js";

/** Options of Kysely itself for the Kysely of an invocation. */
export interface KyselyOptions extends ConnectionHooks {
  /**
   * Kysely's plugins, in their order. All invocations share them.
   *
   * @default none
   */
  plugins?: KyselyConfig["plugins"] | undefined;
  /**
   * Kysely's log: levels for its own logger, which writes to the console, or a function.
   *
   * @default none
   */
  log?: KyselyConfig["log"] | undefined;
}

const CANCELLING: Refusal = {
  reason: "Behind RDS Proxy a client does not know its database session, so it cannot cancel its statements.",
  remedy: "Leave it out, and limit statements at the database or, on PostgreSQL, with `query_timeout`.",
};

const DIALECT_REFUSALS: Readonly<Record<string, Refusal>> = {
  pool: {
    reason: "The pool is created from the other options, so that each of its connections signs and verifies.",
    remedy: "Give host, port, user, database and the options of the pool.",
  },
  controlClient: CANCELLING,
  controlConnection: CANCELLING,
};

const CHECKS = {
  cursor: "a function",
  onCreateConnection: "a function",
  onReserveConnection: "a function",
  plugins(option: string, value: unknown): void {
    if (!Array.isArray(value)) throw wrong(option, "an array of plugins", value);
  },
  log(option: string, value: unknown): void {
    if (!Array.isArray(value) && typeof value !== "function") {
      throw wrong(option, 'a function, or an array of "query" and "error"', value);
    }
  },
} as const;

/**
 * Checks the options of a dialect except those of its pool, which the pool checks.
 *
 * @throws RdsProxyError for an option of Kysely's dialect that is not supported, and for a wrong value
 */
export function checkDialectOptions(options: object): void {
  const theirs: Refusal = {
    reason: "It is an option of Kysely, not of a dialect.",
    remedy: "Pass it to `new Kysely({ ... })`.",
  };
  check(options, { ...DIALECT_REFUSALS, plugins: theirs, log: theirs });
}

/** The same for an adapter, whose driver checks the other options. */
export function checkAdapterOptions(options: object): void {
  check(options, {
    ...DIALECT_REFUSALS,
    dialect: { reason: "The adapter has its own.", remedy: "Leave it out." },
  });
}

function check(options: object, refusals: Readonly<Record<string, Refusal>>): void {
  const others = Object.keys(options).filter((name) => !Object.hasOwn(refusals, name));
  checkDriverOptions(options, others, { refusals, checks: CHECKS });
}

function wrong(option: string, expected: string, value: unknown): Error {
  return invalidOption(option, expected, describeValue(value), "Correct it, or leave it out.");
}
