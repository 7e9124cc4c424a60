import { checkDriverOptions, describeValue, invalidOption, type Refusal } from "@rds-proxy/core/adapter";
import type { DrizzleConfig } from "drizzle-orm";

/** Options of Drizzle itself for the database of an invocation. */
export interface DrizzleOptions<Schema extends Record<string, unknown>> {
  /**
   * The tables and relations, for relational queries (`db.query`).
   *
   * @default none
   */
  schema?: Schema | undefined;
  /**
   * How names of columns that the schema does not give are written in the database.
   *
   * @default as in the schema
   */
  casing?: DrizzleConfig["casing"];
  /**
   * Drizzle's logger of statements and their values; `true` for its own, which writes to the console.
   *
   * @default false
   */
  logger?: DrizzleConfig["logger"];
  /**
   * Drizzle's cache of results. All invocations share it.
   *
   * @default none
   */
  cache?: DrizzleConfig["cache"];
}

/** What to do where a query waited too long for the invocation's connection. */
export const TURNS_REMEDY: string =
  "Inside of `db.transaction(async (tx) => ...)` query `tx`, not `db`, and read an iterator to its end before you use `db` again.";

const OWN: Refusal = {
  reason: "The connection is made from the middleware's options, so that each login signs and verifies.",
  remedy: "Leave it out. Without Middy pass a pool: `drizzle({ client: createPool() })`.",
};

/**
 * Checks Drizzle's options; the driver's adapter checks the others.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function checkDrizzleOptions(options: object): void {
  const refusals = { client: OWN, connection: OWN };
  const others = Object.keys(options).filter((name) => !Object.hasOwn(refusals, name));
  checkDriverOptions(options, others, { refusals, checks: CHECKS });
}

const CHECKS = {
  schema(option: string, value: unknown): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw wrong(option, "an object with tables and relations, such as a module of them", value);
    }
  },
  casing: oneOf("snake_case", "camelCase"),
  mode: oneOf("default", "planetscale"),
  logger(option: string, value: unknown): void {
    const logQuery: unknown = Reflect.get(Object(value), "logQuery");
    if (typeof value !== "boolean" && typeof logQuery !== "function") {
      throw wrong(option, "true, false or an object with logQuery()", value);
    }
  },
} as const;

function oneOf(...choices: readonly string[]): (option: string, value: unknown) => void {
  return (option, value) => {
    if (!choices.some((choice) => choice === value)) {
      throw wrong(option, choices.map((choice) => JSON.stringify(choice)).join(" or "), value);
    }
  };
}

function wrong(option: string, expected: string, value: unknown): Error {
  return invalidOption(option, expected, describeValue(value), "Correct it, or leave it out.");
}
