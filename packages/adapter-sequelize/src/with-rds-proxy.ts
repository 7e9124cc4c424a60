import type { RdsProxyOptions } from "@rds-proxy/core";
import { checkObject, type ResolvedRdsProxyOptions, resolveOptions } from "@rds-proxy/core/adapter";
import { refusedOption } from "@rds-proxy/core/internal";
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
 * Options for `new Sequelize(...)` with which each connection logs in with its own token over verified TLS, failed connects
 * are retried with jitter, and no session is pinned. Your options stay, except `retry`: a statement is never sent twice. The
 * result may be passed again, alone or as part of other options.
 *
 * @param options Sequelize's own. `host`, `port`, `username` and `database` default to the environment's
 * @param rdsProxy region, credentials, extra roots, time limits. Default to those of an earlier pass of the same options
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for an option that could not work or would pin, before a connection exists
 * @example
 * const sequelize = new Sequelize(withRdsProxy({ dialect: "postgres", database: "shop" }));
 */
export function withRdsProxy(
  options: SequelizeOptions & { dialect: SequelizeDialectName },
  rdsProxy: SequelizeRdsProxyOptions = {},
): Options {
  checkObject("options", options);
  checkOwnOptions(rdsProxy);
  const { given, pass } = unwrap(options);
  const added = { ...pass?.added, ...rdsProxy };
  const { preparedStatements, ...connection } = added;
  const dialect = dialectFor(given.dialect, preparedStatements);
  const readers = new Set<string>();
  const optionsOf = endpointResolver(dialect, connection, readers);

  const resolved = optionsOf(placeOf(given));
  checkSequelizeOptions(dialect, given, resolved);
  const completed = completeOptions(dialect, given, resolved);
  for (const address of readersOf(given, completed)) readers.add(address);
  for (const replica of replicasOf(given)) {
    const { port: _, ...others } = replica;
    const ofReplica = optionsOf(withDefaults(replica, completed));
    checkSequelizeOptions(dialect, { ...given, ...others }, ofReplica);
    checkSignerOfReplica(resolved, ofReplica);
  }
  // In an instance's options the default zone looks like a chosen one.
  const isStillDefault = pass?.isZoneChosen === false && given.timezone === DEFAULT_ZONE;
  const isZoneChosen = given.timezone !== undefined && !isStillDefault;
  return supervised(completed, { dialect, optionsOf, isZoneChosen }, added);
}

const DEFAULT_ZONE = "+00:00";

/** One pass of options through `withRdsProxy`. */
interface Pass {
  /** The second argument, with that of earlier passes. */
  readonly added: SequelizeRdsProxyOptions;
  readonly isZoneChosen: boolean;
}

/** By the hook that each pass adds, which stays in copies of the options and in those of an instance. */
const passes = new WeakMap<object, Pass>();

/** Removes the hooks of earlier passes. */
function unwrap<Given extends SequelizeOptions>(
  options: Given,
): { readonly given: Given; readonly pass: Pass | undefined } {
  const { hooks } = options;
  const beforeConnect = [hooks?.beforeConnect ?? []].flat();
  const pass = beforeConnect.map((hook) => passes.get(hook)).findLast(Boolean);
  if (pass === undefined) return { given: options, pass };
  const ownHooks = beforeConnect.filter((hook) => !passes.has(hook));
  return { given: { ...options, hooks: { ...hooks, beforeConnect: ownHooks } }, pass };
}

/**
 * The options of one connection, which may go to a replica; resolved once for each endpoint.
 *
 * @param readers the addresses of endpoints that are read only
 */
function endpointResolver(
  dialect: SequelizeDialect,
  connection: RdsProxyOptions,
  readers: ReadonlySet<string>,
): (config: ConnectConfig) => ResolvedRdsProxyOptions {
  const known = new Map<string, ResolvedRdsProxyOptions>();
  return (config) => {
    const { host, port, username, database } = withDefaults(config, {});
    const key = JSON.stringify([host, port, username, database]);
    const found = known.get(key);
    if (found) return found;
    const endpoint = { host, port: asPort(port), user: username, database };
    const role = readers.has(addressOf(config)) ? ({ targetRole: "read-only" } as const) : {};
    const resolved = resolveOptions({ ...connection, ...endpoint, ...role }, dialect.engine);
    known.set(key, resolved);
    return resolved;
  };
}

/** Adds the hook that takes over the connections of each instance made with the options. */
function supervised(
  options: SequelizeOptions,
  supervision: Pick<Supervision, "dialect" | "optionsOf" | "isZoneChosen">,
  added: SequelizeRdsProxyOptions,
): Options {
  const { hooks, dialectOptions = {} } = options;
  const supervised = new WeakSet<Sequelize>();

  /** Sequelize runs it before each connect, with the instance as `this`. */
  function beforeConnect(this: Sequelize): void {
    if (supervised.has(this)) return;
    const supervisor = new ConnectionSupervisor(this, { ...supervision, dialectOptions });
    // The last one, so that what the user's hooks set up belongs to the connection.
    this.addHook("afterConnect", (connection) => {
      if (typeof connection === "object" && connection !== null) supervisor.adoptSessionState(connection);
    });
    supervised.add(this);
  }
  passes.set(beforeConnect, { added, isZoneChosen: supervision.isZoneChosen });
  const all = [beforeConnect, ...[hooks?.beforeConnect ?? []].flat()];
  return { ...options, hooks: Object.assign({ ...hooks }, { beforeConnect: all }) };
}

/** The instance's endpoint. Options with replicas often have it in `replication.write` only. */
function placeOf(options: SequelizeOptions): ConnectConfig {
  const { replication } = options;
  return withDefaults(options, replication ? (replication.write ?? {}) : {});
}

/** Sequelize's constructor takes null for a database and a user that are given elsewhere. */
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

/** The addresses that Sequelize only reads from. A replica without a host of its own has the writer's. */
function readersOf({ replication }: Options, completed: Options): readonly string[] {
  if (!replication) return [];
  const writer = addressOf(withDefaults(replication.write ?? {}, completed));
  const reads = [replication.read].flat().filter(Boolean);
  return reads
    .map((read) => addressOf(withDefaults(read, completed)))
    .filter((address) => address !== writer);
}

function addressOf({ host, port }: NullablePlace): string {
  return `${host}:${port}`;
}

/** A signer does not learn which endpoint its token is for. */
function checkSignerOfReplica(
  { endpoint, signer }: ResolvedRdsProxyOptions,
  { endpoint: replica }: ResolvedRdsProxyOptions,
): void {
  if (!signer || (replica.host === endpoint.host && replica.port === endpoint.port)) return;
  throw refusedOption("signer", {
    reason: `Its tokens are for one endpoint, and \`replication\` has ${endpoint.host} and ${replica.host}.`,
    remedy: "Leave it out, so that each token is signed for the endpoint of its connection.",
  });
}

/** Sequelize also accepts a port as text. */
function asPort(port: number | string | undefined): number | undefined {
  return typeof port === "string" && /^\d+$/.test(port) ? Number(port) : (port as number | undefined);
}
