import {
  checkDriverOptions,
  checkObject,
  type DriverOptionCheck,
  describeValue,
  invalidOption,
  type Refusal,
} from "@rds-proxy/core/adapter";
import type { DrizzleConfig, TablesRelationalConfig } from "drizzle-orm";
import { npmVersion } from "drizzle-orm/version";

/** Types resolve `true` with drizzle-orm 0.45 and `false` with 1.0. */
type IsBefore1 = "schema" extends keyof DrizzleConfig ? true : false;

/** What types relational queries: the schema in drizzle-orm 0.45, the result of `defineRelations()` in 1.0. */
export type DrizzleTables = IsBefore1 extends true ? Record<string, unknown> : TablesRelationalConfig;

/** Of a database without relational queries. */
export type NoTables = IsBefore1 extends true ? Record<string, never> : Record<never, never>;

type Before1<Type> = IsBefore1 extends true ? Type | undefined : undefined;
type Since1<Type> = IsBefore1 extends true ? undefined : Type | undefined;

/** The type that the installed Drizzle has for an option, if it has the option. */
export type OptionOf<Config, Name extends string> = Name extends keyof Config ? Config[Name] : undefined;

/** Options of Drizzle itself for the database of an invocation. */
export interface DrizzleOptions<Tables extends DrizzleTables> {
  /**
   * drizzle-orm 0.45: the tables and relations, for relational queries (`db.query`).
   *
   * @default none
   */
  schema?: Before1<Tables>;
  /**
   * drizzle-orm 1.0: what `defineRelations()` returns, for relational queries (`db.query`).
   *
   * @default none
   */
  relations?: Since1<Tables>;
  /**
   * drizzle-orm 0.45: how names of columns that the schema does not give are written in the database.
   *
   * @default as in the schema
   */
  casing?: OptionOf<DrizzleConfig, "casing">;
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
  /**
   * drizzle-orm 1.0: makes functions that map rows, by `new Function()`.
   *
   * @default false
   */
  jit?: OptionOf<DrizzleConfig, "jit">;
  /**
   * drizzle-orm 1.0: whether a `DrizzleQueryError` has the statement's values. In 0.45 it always has.
   *
   * @default false
   */
  paramsInErrors?: OptionOf<DrizzleConfig, "paramsInErrors">;
}

/** What to do where a query waited too long for the invocation's connection. */
export const TURNS_REMEDY: string =
  "Inside of `db.transaction(async (tx) => ...)` query `tx`, not `db`, and read an iterator to its end before you use `db` again.";

/** Whether the installed drizzle-orm is 0.45. */
export const isBefore1: boolean = npmVersion.startsWith("0.");

const OWN: Refusal = {
  reason: "The connection is made from the middleware's options, so that each login signs and verifies.",
  remedy: "Leave it out. Without Middy pass a pool: `drizzle({ client: createPool() })`.",
};

const SINCE_1: Refusal = {
  reason: `The installed drizzle-orm ${npmVersion} has no such option; 1.0 has it.`,
  remedy: "Leave it out, or install drizzle-orm 1.0.",
};

const REFUSALS: Readonly<Record<string, Refusal>> = {
  client: OWN,
  connection: OWN,
  ...(isBefore1
    ? {
        relations: {
          reason: `The installed drizzle-orm ${npmVersion} has no such option; 1.0 has it.`,
          remedy: "Pass the tables and what `relations()` returns as `schema`.",
        },
        jit: SINCE_1,
        paramsInErrors: SINCE_1,
        codecs: SINCE_1,
      }
    : {
        schema: {
          reason: `drizzle-orm ${npmVersion} does not use it.`,
          remedy: "Pass what `defineRelations(schema, ...)` returns as `relations`.",
        },
        casing: {
          reason: `drizzle-orm ${npmVersion} does not use it.`,
          remedy: "Choose the casing where the tables are made, such as with `snakeCase.table()`.",
        },
        mode: { reason: `drizzle-orm ${npmVersion} has no modes.`, remedy: "Leave it out." },
      }),
};

/** Options of Drizzle on both engines. */
const NAMES = ["schema", "relations", "casing", "logger", "cache", "jit", "paramsInErrors", "codecs"];

/**
 * Checks Drizzle's options, and separates them from the driver's, which the driver's adapter checks.
 *
 * @param engineNames options of Drizzle on this engine only
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function separateOptions<DriverOptions extends object>(
  options: DriverOptions,
  engineNames: readonly string[] = [],
): { readonly config: object; readonly driverOptions: DriverOptions } {
  checkObject("options", options);
  const known = Object.keys(options).filter((name) => !Object.hasOwn(REFUSALS, name));
  const checked = Object.entries(checkDriverOptions(options, known, { refusals: REFUSALS, checks: CHECKS }));
  const isDrizzles = (name: string): boolean => NAMES.includes(name) || engineNames.includes(name);
  return {
    config: Object.fromEntries(checked.filter(([name, value]) => isDrizzles(name) && value !== undefined)),
    driverOptions: withEntries(checked.filter(([name]) => !isDrizzles(name))),
  };
}

/** `Object.fromEntries` with the type of the object that the entries come from. */
function withEntries<T extends object>(entries: readonly (readonly unknown[])[]): T {
  return Object.fromEntries(entries);
}

const CHECKS: Readonly<Record<string, DriverOptionCheck>> = {
  schema: (option, value) =>
    expectObject(option, value, "an object with tables and relations, such as a module of them"),
  relations: (option, value) => expectObject(option, value, "what `defineRelations()` returns"),
  casing: oneOf("snake_case", "camelCase"),
  mode: oneOf("default", "planetscale"),
  logger(option, value) {
    if (typeof value === "boolean") return;
    expectMethods(option, value, ["logQuery"], "true, false or an object with logQuery()");
  },
  cache(option, value) {
    expectMethods(
      option,
      value,
      ["strategy", "get", "put", "onMutate"],
      "an object of a class that extends Drizzle's `Cache`",
    );
  },
  jit: "true or false",
  paramsInErrors: "true or false",
};

function expectObject(option: string, value: unknown, expected: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong(option, expected, value);
}

function expectMethods(option: string, value: unknown, methods: readonly string[], expected: string): void {
  const has = (method: string): boolean => {
    const member: unknown = Reflect.get(Object(value), method);
    return typeof member === "function";
  };
  if (!methods.every(has)) throw wrong(option, expected, value);
}

function oneOf(...choices: readonly string[]): DriverOptionCheck {
  return (option, value) => {
    if (!choices.some((choice) => choice === value)) {
      throw wrong(option, choices.map((choice) => JSON.stringify(choice)).join(" or "), value);
    }
  };
}

function wrong(option: string, expected: string, value: unknown): Error {
  return invalidOption(option, expected, describeValue(value), "Correct it, or leave it out.");
}
