import {
  checkObject,
  type RdsProxyOptions,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "@rds-proxy/core";
import type { ConnectionOptions, Options, Sequelize } from "sequelize";
import type { ConnectConfig } from "./connection-manager.js";
import { ConnectionSupervisor } from "./connection-supervisor.js";
import type { SequelizeDialect, SequelizeOptions } from "./dialects/dialect.js";
import {
  checkOwnOptions,
  checkSequelizeOptions,
  completeOptions,
  dialectFor,
  type SequelizeDialectName,
  type SequelizeRdsProxyOptions,
} from "./options.js";

/**
 * Options for `new Sequelize(...)` with which each connection logs in with a token of its own over verified TLS, failed
 * connects are tried again with jitter, and no session is pinned. What you passed stays, but for `retry`: a statement is
 * never sent twice.
 *
 * @param options Sequelize's own. `host`, `port`, `username` and `database` come from the environment where they are missing
 * @param rdsProxy region, credentials, extra roots, limits of time
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for anything that could not work or would pin, before a connection exists
 * @example
 * const sequelize = new Sequelize(withRdsProxy({ dialect: "postgres", database: "shop" }));
 */
export function withRdsProxy(
  options: SequelizeOptions & { dialect: SequelizeDialectName },
  rdsProxy: SequelizeRdsProxyOptions = {},
): Options {
  checkObject("options", options);
  checkOwnOptions(rdsProxy);
  const { preparedStatements, ...connection } = rdsProxy;
  const dialect = dialectFor(options.dialect, preparedStatements);
  const optionsOf = endpointResolver(dialect, connection);

  const resolved = optionsOf(options);
  checkSequelizeOptions(dialect, options, resolved);
  const completed = completeOptions(dialect, options, resolved);
  for (const replica of replicasOf(options)) {
    const { port: _, ...others } = replica;
    checkSequelizeOptions(dialect, { ...options, ...others }, optionsOf({ ...completed, ...replica }));
  }
  return supervised(completed, dialect, optionsOf);
}

/** The options of one connection, which may go to a replica: resolved once for each. */
function endpointResolver(
  dialect: SequelizeDialect,
  connection: RdsProxyOptions,
): (config: ConnectConfig) => ResolvedRdsProxyOptions {
  const known = new Map<string, ResolvedRdsProxyOptions>();
  return ({ host, port, username, database }) => {
    const key = JSON.stringify([host, port, username, database]);
    const found = known.get(key);
    if (found) return found;
    const endpoint = { host, port: asPort(port), user: username, database };
    const resolved = resolveOptions({ ...connection, ...endpoint }, dialect.engine);
    known.set(key, resolved);
    return resolved;
  };
}

/** Adds the hook that takes over the connections of whichever instance is made of the options. */
function supervised(
  options: SequelizeOptions,
  dialect: SequelizeDialect,
  optionsOf: (config: ConnectConfig) => ResolvedRdsProxyOptions,
): Options {
  const { hooks, dialectOptions = {} } = options;
  const supervisors = new WeakMap<Sequelize, ConnectionSupervisor>();

  /** Sequelize runs it before each connect, on itself. */
  async function beforeConnect(this: Sequelize, ...args: unknown[]): Promise<void> {
    if (!supervisors.has(this)) {
      supervisors.set(this, new ConnectionSupervisor(this, { dialect, dialectOptions, optionsOf }));
    }
    for (const given of [hooks?.beforeConnect ?? []].flat()) await Reflect.apply(given, this, args);
  }
  return { ...options, hooks: { ...hooks, beforeConnect } };
}

function replicasOf({ replication }: Options): readonly ConnectionOptions[] {
  return replication ? [replication.write, ...[replication.read].flat()].filter(Boolean) : [];
}

/** Sequelize takes a port as text, too. */
function asPort(port: number | string | undefined): number | undefined {
  return typeof port === "string" && /^\d+$/.test(port) ? Number(port) : (port as number | undefined);
}
