import type { RdsProxyOptions } from "@rds-proxy/core";
import { checkObject, type ResolvedRdsProxyOptions, resolveOptions } from "@rds-proxy/core/adapter";
import type { ConnectionOptions, Options, Sequelize } from "sequelize";
import { ConnectionSupervisor, type Supervision } from "./connection-supervisor.js";
import type { SequelizeDialect, SequelizeOptions } from "./dialects/dialect.js";
import {
  checkOwnOptions,
  checkSequelizeOptions,
  completeOptions,
  dialectFor,
  type SequelizeDialectName,
  type SequelizeRdsProxyOptions,
} from "./options.js";
import type { ConnectConfig } from "./sequelize-internals.js";

/**
 * Options for `new Sequelize(...)` with which each connection logs in with a token of its own over verified TLS, failed
 * connects are tried again with jitter, and no session is pinned. What you passed stays, but for `retry`: a statement is
 * never sent twice. Options that went through it may go through it again, alone or as part of others.
 *
 * @param options Sequelize's own. `host`, `port`, `username` and `database` come from the environment where they are missing
 * @param rdsProxy region, credentials, extra roots, limits of time. What is missing is as the first time
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
  const { given, passage } = unwrap(options);
  const added = { ...passage?.added, ...rdsProxy };
  const { preparedStatements, ...connection } = added;
  const dialect = dialectFor(given.dialect, preparedStatements);
  const optionsOf = endpointResolver(dialect, connection);

  const resolved = optionsOf(placeOf(given));
  checkSequelizeOptions(dialect, given, resolved);
  const completed = completeOptions(dialect, given, resolved);
  for (const replica of replicasOf(given)) {
    const { port: _, ...others } = replica;
    checkSequelizeOptions(dialect, { ...given, ...others }, optionsOf(withDefaults(replica, completed)));
  }
  // An instance's options have the default zone like one that was chosen.
  const isLeftAsItWas = passage?.isZoneChosen === false && given.timezone === DEFAULT_ZONE;
  const isZoneChosen = given.timezone !== undefined && !isLeftAsItWas;
  return supervised(completed, { dialect, optionsOf, isZoneChosen }, added);
}

const DEFAULT_ZONE = "+00:00";

/** How options went through `withRdsProxy`. */
interface Passage {
  /** What was added to Sequelize's own options. */
  readonly added: SequelizeRdsProxyOptions;
  readonly isZoneChosen: boolean;
}

/** By the hook that each passage adds, which stays in copies of the options and in those of an instance. */
const passages = new WeakMap<object, Passage>();

/** Takes the hooks of earlier passages out of options. */
function unwrap<Given extends SequelizeOptions>(
  options: Given,
): { readonly given: Given; readonly passage: Passage | undefined } {
  const { hooks } = options;
  const beforeConnect = [hooks?.beforeConnect ?? []].flat();
  const passage = beforeConnect.map((hook) => passages.get(hook)).findLast(Boolean);
  if (passage === undefined) return { given: options, passage };
  const ownHooks = beforeConnect.filter((hook) => !passages.has(hook));
  return { given: { ...options, hooks: { ...hooks, beforeConnect: ownHooks } }, passage };
}

/** The options of one connection, which may go to a replica: resolved once for each. */
function endpointResolver(
  dialect: SequelizeDialect,
  connection: RdsProxyOptions,
): (config: ConnectConfig) => ResolvedRdsProxyOptions {
  const known = new Map<string, ResolvedRdsProxyOptions>();
  return (config) => {
    const { host, port, username, database } = withDefaults(config, {});
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
  supervision: Pick<Supervision, "dialect" | "optionsOf" | "isZoneChosen">,
  added: SequelizeRdsProxyOptions,
): Options {
  const { hooks, dialectOptions = {} } = options;
  const supervised = new WeakSet<Sequelize>();

  /** Sequelize runs it before each connect, on itself. */
  function beforeConnect(this: Sequelize): void {
    if (supervised.has(this)) return;
    new ConnectionSupervisor(this, { ...supervision, dialectOptions });
    supervised.add(this);
  }
  passages.set(beforeConnect, { added, isZoneChosen: supervision.isZoneChosen });
  const all = [beforeConnect, ...[hooks?.beforeConnect ?? []].flat()];
  return { ...options, hooks: Object.assign({ ...hooks }, { beforeConnect: all }) };
}

/** Where the instance connects, which options with replicas often only say for the one that is written to. */
function placeOf(options: SequelizeOptions): ConnectConfig {
  const { replication } = options;
  return withDefaults(options, replication ? (replication.write ?? {}) : {});
}

/** Null is what Sequelize's constructor takes in the places of a database and a user that it gets elsewhere. */
function withDefaults(place: NullablePlace, defaults: NullablePlace): ConnectConfig {
  return {
    host: place.host ?? defaults.host ?? undefined,
    port: place.port ?? defaults.port ?? undefined,
    username: place.username ?? defaults.username ?? undefined,
    database: place.database ?? defaults.database ?? undefined,
  };
}

type NullablePlace = { readonly [Name in keyof ConnectConfig]?: ConnectConfig[Name] | null };

function replicasOf({ replication }: Options): readonly ConnectionOptions[] {
  return replication ? [replication.write, ...[replication.read].flat()].filter(Boolean) : [];
}

/** Sequelize takes a port as text, too. */
function asPort(port: number | string | undefined): number | undefined {
  return typeof port === "string" && /^\d+$/.test(port) ? Number(port) : (port as number | undefined);
}
