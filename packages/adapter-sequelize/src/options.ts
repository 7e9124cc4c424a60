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

/** The dialects of Sequelize that speak to what RDS Proxy speaks to. */
export type SequelizeDialectName = "postgres" | "mysql";

/** What this package adds to Sequelize's options, beside where the database is, which Sequelize has names of its own for. */
export interface SequelizeRdsProxyOptions
  extends Omit<RdsProxyOptions, "host" | "port" | "user" | "database" | "maxConnections"> {
  /**
   * MySQL only. Sends the values of INSERT, UPDATE and `bind` as parameters of a prepared statement, as Sequelize does by
   * itself. Each connection is pinned from its first one on. Default false: they are part of the statement's text.
   */
  preparedStatements?: boolean | undefined;
}

/** Names of `SequelizeRdsProxyOptions`, and of what Sequelize calls by another name. */
const OWN_NAMES: readonly string[] = [
  ...RDS_PROXY_OPTION_NAMES.filter(
    (name) => !["host", "port", "user", "database", "maxConnections"].includes(name),
  ),
  "preparedStatements",
];

/** What Sequelize would take and a proxied login must not have, with the way out. */
const REMEDIES: Readonly<Record<string, string>> = {
  password: "Leave it out: a token is signed for each login, or `auth` names a secret with the password.",
  ssl: "Verification is always on; extra roots go into the second argument: `{ ssl: { ca } }`.",
  native: "The native bindings of node-postgres cannot be told how to verify a certificate.",
  dialectModulePath: "Pass the module itself: `dialectModule`.",
};

/** A connection is kept until RDS Proxy closes it or it is found dead; timers do not run while Lambda has frozen the process. */
const IDLE_MS = 23 * 60 * 60_000;

/** Nothing is evicted before, so the usual second would only wake the process up. */
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

/** Checks what is passed beside Sequelize's own options. */
export function checkOwnOptions(options: object): void {
  checkObject("the second argument", options);
  checkKnownNames(
    "",
    options,
    OWN_NAMES,
    "host, port, username, database and pool are options of Sequelize and go into the first argument.",
  );
}

/** Refuses what Sequelize would take and a proxied login must not have. */
export function checkSequelizeOptions(
  dialect: SequelizeDialect,
  options: SequelizeOptions,
  resolved: ResolvedRdsProxyOptions,
): void {
  for (const [name, remedy] of Object.entries(REMEDIES)) {
    const value: unknown = Reflect.get(options, name);
    // An empty password is the placeholder of the constructor's second form, and of a variable that is not set.
    if (value === undefined || value === null || value === false || value === "") continue;
    throw new RdsProxyError("RDS_PROXY_INVALID_OPTION", `${name}: not an option here. ${remedy}`);
  }
  if (options.dialectOptions !== undefined) checkObject("dialectOptions", options.dialectOptions);
  if (options.pool !== undefined) checkObject("pool", options.pool);
  dialect.check(options, resolved);
}

/**
 * The user's options, with what keeps Sequelize's connects few, its sessions free of SET, and its statements from being
 * sent twice.
 */
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
    // A connect that fails within its own limit says more than the pool, which only says that it waited.
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
    dialectOptions: { ...dialect.defaultDialectOptions, ...given.dialectOptions },
    pool,
    retry: neverAgain(given.retry),
  };
}

/**
 * Sequelize repeats statements by `retry`, whether or not the server has executed them. It goes on with a count from
 * `$current`, which no `max` is greater than, also that of a single query.
 */
function neverAgain(retry: SequelizeOptions["retry"]): NonNullable<SequelizeOptions["retry"]> {
  return { ...retry, max: 1, ...{ $current: Number.POSITIVE_INFINITY } };
}

/** An explicit `undefined` means the default. */
function withoutUndefined<T extends object>(options: T | undefined): Partial<T> {
  const entries: readonly (readonly unknown[])[] = Object.entries(options ?? {}).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(entries);
}
