import {
  checkDriverOptions,
  checkObject,
  describeValue,
  invalidOption,
  type Refusal,
} from "@rds-proxy/core/adapter";
import { refusedOption } from "@rds-proxy/core/internal";
import type { ConnectionOptions, PoolOptions } from "mysql2";
import { checkCharset, checkCharsetNumber } from "./charset.js";

const CORRECT_IT = "Correct it, or leave it out.";

/** Options that are passed on to mysql2 unchanged, and the values that each accepts. */
const CONNECTION_CHECKS = {
  bigNumberStrings: "true or false",
  charset(option: string, value: unknown): void {
    checkCharset(option, value);
  },
  /** The number of a collation. mysql2 uses it if `charset` is missing. */
  charsetNumber(option: string, value: unknown): void {
    checkCharsetNumber(option, value);
  },
  /** mysql2 writes them into the login without a check, and a number would end the process. */
  connectAttributes(option: string, value: unknown): void {
    checkObject(option, value);
    const attributes: readonly unknown[] = Object.values(value ?? {});
    if (attributes.every((attribute) => typeof attribute === "string")) return;
    throw invalidOption(option, "an object of strings", "another value in it", CORRECT_IT);
  },
  dateStrings(option: string, value: unknown): void {
    const types: readonly unknown[] = ["TIMESTAMP", "DATETIME", "DATE"];
    if (typeof value === "boolean") return;
    if (Array.isArray(value) && value.every((type) => types.includes(type))) return;
    throw invalidOption(
      option,
      `true, false or an array of ${types.join(", ")}`,
      describeValue(value),
      CORRECT_IT,
    );
  },
  decimalNumbers: "true or false",
  disableEval: "true or false",
  /** Has no effect: our own plugin sends the token, and a secret's password is never sent in clear text. */
  enableCleartextPlugin: "true or false",
  enableKeepAlive: "true or false",
  flags(option: string, value: unknown): void {
    checkFlags(option, value);
  },
  gracefulEnd: "true or false",
  infileStreamFactory: "a function",
  insecureAuth: "true or false",
  jsonStrings: "true or false",
  keepAliveInitialDelay: "milliseconds from 0",
  localAddress: "a text",
  /** The size of a cache that is allocated in advance. */
  maxPreparedStatements(option: string, value: unknown): void {
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value < 2 ** 32) return;
    throw invalidOption(option, "a whole number from 1", describeValue(value), CORRECT_IT);
  },
  multipleStatements: "true or false",
  namedPlaceholders: "true or false",
  Promise: "a function",
  nestTables(option: string, value: unknown): void {
    if (typeof value === "boolean" || typeof value === "string") return;
    throw invalidOption(option, "true, false or a separator", describeValue(value), CORRECT_IT);
  },
  queryFormat: "a function",
  rowsAsArray: "true or false",
  stringifyObjects: "true or false",
  supportBigNumbers: "true or false",
  /** mysql2 prints a warning about any other value, and uses UTC. */
  timezone(option: string, value: unknown): void {
    if (typeof value === "string" && /^(?:local|Z|[ +-]\d\d:\d\d)$/.test(value)) return;
    throw invalidOption(
      option,
      '"local", "Z" or an offset such as "+02:00"',
      describeValue(value),
      CORRECT_IT,
    );
  },
  trace: "true or false",
  typeCast(option: string, value: unknown): void {
    if (typeof value === "boolean" || typeof value === "function") return;
    throw invalidOption(option, "true, false or a function", describeValue(value), CORRECT_IT);
  },
} as const;

/** The same for options of mysql2's pool. */
const POOL_CHECKS = {
  maxIdle: "a whole number from 0",
  idleTimeout: "milliseconds from 0",
  queueLimit: "a whole number from 0",
  waitForConnections: "true or false",
} as const;

export const MYSQL2_OPTION_NAMES: readonly string[] = Object.keys(CONNECTION_CHECKS);

export const MYSQL2_POOL_OPTION_NAMES: readonly string[] = Object.keys(POOL_CHECKS);

/** Options of mysql2 itself, if the installed version's types have them. Defaults are mysql2's, except `maxPreparedStatements`: 250. */
export type Mysql2Options = Pick<
  ConnectionOptions,
  Extract<keyof typeof CONNECTION_CHECKS, keyof ConnectionOptions>
>;

/** Options of mysql2's pool, with its defaults. */
export type Mysql2PoolOnlyOptions = Pick<PoolOptions, keyof typeof POOL_CHECKS>;

const SIGNED: Refusal = {
  reason: "A token is signed for each login; a stored password comes from `secret`.",
  remedy: "Leave it out.",
};
const OWN_PLUGIN: Refusal = {
  reason: "The library's own plugin answers the server, since it signs the token.",
  remedy: "Leave it out; a password comes from `secret`.",
};
const PLACE: Refusal = {
  reason: "The endpoint has its own options, and the library opens a verified socket to it.",
  remedy:
    "Give host, port, user and database as options or in the environment, and behind a tunnel `signingHost`.",
};
const INTERNAL: Refusal = {
  reason: "mysql2 sets it itself.",
  remedy: "Leave it out.",
};

/** Options of mysql2 that do not work with this library or with RDS Proxy. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  password: SIGNED,
  password1: SIGNED,
  password2: SIGNED,
  password3: SIGNED,
  passwordSha1: SIGNED,
  authPlugins: OWN_PLUGIN,
  authSwitchHandler: OWN_PLUGIN,
  ssl: {
    reason: "Verification is always on.",
    remedy:
      "Extra roots go into `ssl: { ca }` beside `host`: of the middleware, `createPool()` or `connectionOptions()`.",
  },
  uri: PLACE,
  socketPath: PLACE,
  stream: PLACE,
  isServer: INTERNAL,
  pool: INTERNAL,
  compress: {
    reason: "RDS Proxy does not speak the compressed protocol.",
    remedy: "Leave it out.",
  },
  connectTimeout: {
    reason: "Attempts have their own options for that.",
    remedy: "Set `connectTimeoutMs` for one attempt, and `acquireTimeoutMs` for all of them.",
  },
  connectionLimit: {
    reason: "The option for the size has the same name for all drivers.",
    remedy: "Set `maxConnections`.",
  },
  resetOnRelease: {
    reason:
      "AWS does not document how RDS Proxy answers COM_RESET_CONNECTION. If it refuses, each release costs a login.",
    remedy: "Undo changes to the session before its release, or call `connection.reset()` yourself.",
  },
  debug: {
    reason: "It would print the token.",
    remedy: "Log statements in your own code, or at the database.",
  },
};

/** Values that have no effect, or ask for the default. */
const HARMLESS: Readonly<Record<string, readonly unknown[]>> = {
  password: ["", null],
  password1: ["", null],
  password2: ["", null],
  password3: ["", null],
  passwordSha1: ["", null],
  enableCleartextPlugin: [true, false],
  ssl: [true, "Amazon RDS"],
  uri: ["", null],
  socketPath: ["", null],
  isServer: [false],
  compress: [false],
  resetOnRelease: [false],
  debug: [false],
};

const PROTOCOL_FLAG: Refusal = {
  reason: "The library needs it to read the login and the session's state.",
  remedy: "Leave it out.",
};

/** Flags that the caller cannot change: reading the login and the answers depends on them. */
const FLAG_REFUSALS: Readonly<Record<string, Refusal>> = {
  "-PROTOCOL_41": PROTOCOL_FLAG,
  "-TRANSACTIONS": PROTOCOL_FLAG,
  "-SECURE_CONNECTION": PROTOCOL_FLAG,
  "-PLUGIN_AUTH": PROTOCOL_FLAG,
  "-PLUGIN_AUTH_LENENC_CLIENT_DATA": PROTOCOL_FLAG,
  "-SESSION_TRACK": PROTOCOL_FLAG,
  MULTI_FACTOR_AUTHENTICATION: PROTOCOL_FLAG,
  COMPRESS: {
    reason: "RDS Proxy does not speak the compressed protocol.",
    remedy: "Leave it out.",
  },
};

/** mysql2 accepts an array, or a string with commas; a minus before the name removes a flag. */
function checkFlags(option: string, value: unknown): void {
  const flags: readonly unknown[] =
    typeof value === "string"
      ? value.toUpperCase().split(/[\s,]/)
      : Array.isArray(value)
        ? value
        : [undefined];
  for (const flag of flags) {
    if (typeof flag !== "string") {
      throw invalidOption(option, "an array of names of flags", describeValue(value), CORRECT_IT);
    }
    const refusal = Object.hasOwn(FLAG_REFUSALS, flag) ? FLAG_REFUSALS[flag] : undefined;
    if (refusal) throw refusedOption(`${option}: ${flag}`, refusal);
  }
}

/**
 * Checks options of mysql2.
 *
 * @param known the names that are allowed here
 * @returns the options without those that have no effect
 * @throws RdsProxyError for an unknown name, a value that mysql2 cannot use, and an option that is not supported
 */
export function checkMysql2Options<T extends object>(given: T, known: readonly string[]): T {
  return checkDriverOptions(given, known, {
    refusals: REFUSALS,
    checks: { ...CONNECTION_CHECKS, ...POOL_CHECKS },
    harmless: HARMLESS,
  });
}
