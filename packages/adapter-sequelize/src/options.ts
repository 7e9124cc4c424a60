import { RdsProxyError, type RdsProxyOptions } from "@rds-proxy/core";
import {
  checkKnownNames,
  checkObject,
  describeValue,
  invalidOption,
  RDS_PROXY_OPTION_NAMES,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core/adapter";
import type { PoolOptions } from "sequelize";
import { unknownVersion } from "./database-version.js";
import type { SequelizeDialect, SequelizeOptions } from "./dialects/dialect.js";
import { mysqlDialect } from "./dialects/mysql.js";
import { postgresDialect } from "./dialects/postgres.js";
import { NO_ATTEMPTS_LEFT } from "./sequelize-internals.js";

/** The dialects of Sequelize for the engines of RDS Proxy. */
export type SequelizeDialectName = "postgres" | "mysql";

/** The options of this package beside Sequelize's own, which include the endpoint and the user. */
export interface SequelizeRdsProxyOptions
  extends Omit<RdsProxyOptions, "host" | "port" | "user" | "database" | "maxConnections"> {
  /**
   * MySQL only. Sends the values of INSERT, UPDATE and `bind` as parameters of a prepared statement, as Sequelize does by
   * itself, which pins each connection. Otherwise they are part of the statement's text.
   *
   * @default false
   */
  preparedStatements?: boolean | undefined;
}

/** The names of `SequelizeRdsProxyOptions`. */
const OWN_NAMES: readonly string[] = [
  ...RDS_PROXY_OPTION_NAMES.filter(
    (name) => !["host", "port", "user", "database", "maxConnections"].includes(name),
  ),
  "preparedStatements",
];

/** Options of Sequelize that a proxied login must not have, with the remedy. */
const REFUSED = [
  ["password", "Leave it out: a token is signed for each login; a stored password comes from `secret`."],
  ["ssl", "Verification is always on; extra roots go into the second argument: `{ ssl: { ca } }`."],
  ["native", "The native bindings of node-postgres have no option for the verification of a certificate."],
  ["dialectModulePath", "Pass the module itself: `dialectModule`."],
] as const satisfies readonly (readonly [keyof SequelizeOptions, string])[];

/** A connection is kept until RDS Proxy closes it or validation fails; timers do not run while the process is frozen. */
const IDLE_MS = 23 * 60 * 60_000;

/** Sequelize's default of one second would only wake the process up, since connections are kept for so long. */
const EVICT_MS = 60_000;

/** @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for a dialect that RDS Proxy does not speak */
export function dialectFor(name: unknown, preparedStatements: unknown): SequelizeDialect {
  if (preparedStatements !== undefined && typeof preparedStatements !== "boolean") {
    throw invalidOption(
      "preparedStatements",
      "true or false",
      describeValue(preparedStatements),
      "Correct it, or leave it out.",
    );
  }
  switch (name) {
    case "postgres":
    case "postgresql":
      return postgresDialect;
    case "mysql":
      return mysqlDialect({ usesPreparedStatements: preparedStatements ?? false });
    default:
      throw invalidOption(
        "dialect",
        '"postgres" or "mysql"',
        describeValue(name),
        'For MariaDB take "mysql": its driver, mysql2, speaks to both.',
      );
  }
}

/** Checks the options beside Sequelize's own. */
export function checkOwnOptions(options: object): void {
  checkObject("the second argument", options);
  checkKnownNames(
    "",
    options,
    OWN_NAMES,
    "host, port, username, database and pool are options of Sequelize and go into the first argument.",
  );
}

/** Refuses options that Sequelize would accept and a proxied login must not have. */
export function checkSequelizeOptions(
  dialect: SequelizeDialect,
  options: SequelizeOptions,
  resolved: ResolvedRdsProxyOptions,
): void {
  for (const [name, remedy] of REFUSED) {
    const value: unknown = options[name];
    // An empty password is the placeholder of the constructor's second form, and of a variable that is not set.
    if (value === undefined || value === null || value === false || value === "") continue;
    throw new RdsProxyError("RDS_PROXY_INVALID_OPTION", `${name}: not an option here. ${remedy}`);
  }
  if (options.dialectOptions !== undefined) checkObject("dialectOptions", options.dialectOptions);
  if (options.pool !== undefined) checkObject("pool", options.pool);
  dialect.check({ ...options, dialectOptions: withoutUndefined(options.dialectOptions) }, resolved);
}

/** The user's options, with those that avoid connects and SET, and that keep Sequelize from sending a statement twice. */
export function completeOptions(
  dialect: SequelizeDialect,
  given: SequelizeOptions,
  { endpoint, maxConnections, acquireTimeoutMs, connectTimeoutMs }: ResolvedRdsProxyOptions,
): SequelizeOptions {
  const pool: PoolOptions = {
    max: maxConnections,
    min: 0,
    idle: IDLE_MS,
    evict: EVICT_MS,
    // Longer than a connect's own limit: its error shows the cause, while the pool's only reports a timeout.
    acquire: acquireTimeoutMs + connectTimeoutMs,
    ...withoutUndefined(given.pool),
  };
  return {
    ...dialect.defaults,
    ...withoutUndefined(given),
    databaseVersion: given.databaseVersion || unknownVersion(dialect),
    host: endpoint.host,
    port: endpoint.port,
    ...(endpoint.user === "" ? {} : { username: endpoint.user }),
    ...(endpoint.database === undefined ? {} : { database: endpoint.database }),
    dialectOptions: { ...dialect.defaultDialectOptions, ...withoutUndefined(given.dialectOptions) },
    pool,
    // Sequelize would send statements again, whether or not the server has executed them.
    retry: { ...given.retry, max: 1, ...NO_ATTEMPTS_LEFT },
  };
}

/** An explicit `undefined` means the default. */
function withoutUndefined<T extends object>(options: T | undefined): Partial<T> {
  const entries: readonly (readonly unknown[])[] = Object.entries(options ?? {}).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(entries);
}
