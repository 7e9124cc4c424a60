import { checkDriverOptions, checkObject, describeValue, invalidOption } from "@rds-proxy/core";
import type { ConnectionOptions, PoolOptions } from "mysql2";

const CORRECT_IT = "Correct it, or leave it out.";

/** Options of mysql2 that go with RDS Proxy and are handed on to it as they are, and what each accepts. */
const CONNECTION_CHECKS = {
  bigNumberStrings: "true or false",
  charset: "a text",
  /** Written into the login as they are, where a number would end the process. */
  connectAttributes(option: string, value: unknown): void {
    checkObject(option, value);
    const attributes: readonly unknown[] = Object.values(Object(value));
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
  enableKeepAlive: "true or false",
  infileStreamFactory: "a function",
  jsonStrings: "true or false",
  keepAliveInitialDelay: "milliseconds from 0",
  /** The size of a cache that is laid out in advance. */
  maxPreparedStatements(option: string, value: unknown): void {
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value < 2 ** 32) return;
    throw invalidOption(option, "a whole number from 1", describeValue(value), CORRECT_IT);
  },
  multipleStatements: "true or false",
  namedPlaceholders: "true or false",
  nestTables(option: string, value: unknown): void {
    if (typeof value === "boolean" || typeof value === "string") return;
    throw invalidOption(option, "true, false or a separator", describeValue(value), CORRECT_IT);
  },
  queryFormat: "a function",
  rowsAsArray: "true or false",
  stringifyObjects: "true or false",
  supportBigNumbers: "true or false",
  /** mysql2 prints a warning about any other, and takes UTC. */
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
} as const;

export const MYSQL_OPTION_NAMES: readonly string[] = Object.keys(CONNECTION_CHECKS);

export const MYSQL_POOL_OPTION_NAMES: readonly string[] = Object.keys(POOL_CHECKS);

/** Options of mysql2 itself, as far as the installed version has them. */
export type MysqlOptions = Pick<
  ConnectionOptions,
  Extract<keyof typeof CONNECTION_CHECKS, keyof ConnectionOptions>
>;

/** Options of mysql2's pool. */
export type MysqlPoolOptions = Pick<PoolOptions, keyof typeof POOL_CHECKS>;

const SIGNED = "Leave it out: a token is signed for each login, or `auth` names a secret with the password.";
const PLACE = "Give host, port, user and database as options or in the environment.";

/** What mysql2 would take and a proxied login must not have, with the way out. */
const REMEDIES: Readonly<Record<string, string>> = {
  password: SIGNED,
  password1: SIGNED,
  password2: SIGNED,
  password3: SIGNED,
  passwordSha1: SIGNED,
  authPlugins: SIGNED,
  authSwitchHandler: SIGNED,
  enableCleartextPlugin: SIGNED,
  ssl: "Verification is always on; extra roots go into `ssl: { ca }`.",
  uri: PLACE,
  socketPath: PLACE,
  stream: PLACE,
  compress: "RDS Proxy does not speak the compressed protocol.",
  connectTimeout: "The limit of one attempt is `connectTimeoutMs`.",
  connectionLimit: "The number of connections is `maxConnections`.",
  resetOnRelease: "RDS Proxy resets sessions itself; a reset of ours would be one round trip more.",
  waitForConnections: "Callers wait until `acquireTimeoutMs`.",
  debug: "It would print the token.",
};

/**
 * Checks what is meant for mysql2.
 *
 * @param known the names that may be given in this place
 * @throws RdsProxyError for an unknown name, for a value that mysql2 could not work with, and for what a proxied
 *   login must not have
 */
export function checkMysqlOptions<T extends object>(given: T, known: readonly string[]): T {
  checkDriverOptions(given, known, {
    remedies: REMEDIES,
    checks: { ...CONNECTION_CHECKS, ...POOL_CHECKS },
  });
  return given;
}
