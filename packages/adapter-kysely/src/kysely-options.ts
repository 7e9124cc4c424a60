import { checkDriverOptions, describeValue, invalidOption } from "@rds-proxy/core";
import type { KyselyConfig } from "kysely";

/** Options of Kysely itself for the Kysely of an invocation. */
export interface KyselyOptions {
  /** Kysely's plugins, in their order. Each invocation's Kysely has the same ones. */
  plugins?: KyselyConfig["plugins"] | undefined;
  /** Kysely's log: levels for its own logger, which writes to the console, or a function. */
  log?: KyselyConfig["log"] | undefined;
}

const SET_UP =
  "It would run inside of the first query, and a failure would cost the connection. What a session needs goes into " +
  "the role (`ALTER ROLE ... SET`) or the proxy's initialization query.";
const CANCELLING =
  "RDS Proxy does not tell clients which database session is theirs: nothing can be cancelled by it.";

const DIALECT_REMEDIES = {
  pool: "It is made from the other options.",
  onCreateConnection: SET_UP,
  onReserveConnection: SET_UP,
  controlClient: CANCELLING,
  controlConnection: CANCELLING,
} as const;

const CHECKS = {
  cursor: "a function",
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
 * Checks what a dialect is given beside the options of a pool, which the pool checks.
 *
 * @throws RdsProxyError for what Kysely's dialect would take and this one must not have, and for wrong values
 */
export function checkDialectOptions(options: object): void {
  const theirs = "Pass it to `new Kysely({ ... })`.";
  check(options, { ...DIALECT_REMEDIES, plugins: theirs, log: theirs });
}

/** The same for an adapter, where the driver checks the rest. */
export function checkAdapterOptions(options: object): void {
  check(options, { ...DIALECT_REMEDIES, dialect: "It is the adapter's own." });
}

function check(options: object, remedies: Readonly<Record<string, string>>): void {
  const others = Object.keys(options).filter((name) => !Object.hasOwn(remedies, name));
  checkDriverOptions(options, others, { remedies, checks: CHECKS });
}

function wrong(option: string, expected: string, value: unknown): Error {
  return invalidOption(option, expected, describeValue(value), "Correct it, or leave it out.");
}
