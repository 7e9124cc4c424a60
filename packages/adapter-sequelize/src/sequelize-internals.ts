/**
 * The undocumented members of Sequelize that this package uses, and those of the drivers' connections as Sequelize holds
 * them. Nothing else in the package reads one. Checked in sequelize 6.37.0 and 6.37.8 with sequelize-pool 7.1.0 and
 * retry-as-promised 7.1.1, in mysql2 3.15.0 and 3.24.6, and in pg 8.16.0 and 8.23.1.
 *
 * @module
 */
import { RdsProxyError } from "@rds-proxy/core";
import type { Sequelize } from "sequelize";

/** Where a connection goes, and as which user; each read replica has its own. */
export interface ConnectConfig {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly username?: string | undefined;
  readonly database?: string | undefined;
}

/** Source: https://github.com/sequelize/sequelize-pool/blob/main/src/Pool.ts */
interface Pool {
  /** Closes idle connections when it fires. */
  readonly _removeIdleTimer?: { unref?(): void } | null;
}

/** Source: https://github.com/sequelize/sequelize/blob/v6/src/dialects/abstract/connection-manager.js */
export interface ConnectionManager {
  /** The driver's module. */
  lib: object;
  /** The query for the server's version. While it is set, Sequelize sends no other. */
  versionPromise?: Promise<unknown> | null;
  readonly config: {
    readonly pool: {
      /** Whether the pool may hand out an idle connection: Sequelize's own rule, or the user's. */
      validate(connection: object): boolean;
    };
  };
  /** With read replicas it has two. */
  readonly pool: Pool & { readonly read?: Pool; readonly write?: Pool };
  connect(config: ConnectConfig): Promise<object>;
  disconnect(connection: object): Promise<void>;
  getConnection(request?: object): Promise<object>;
  releaseConnection(connection: object): void;
  destroyConnection(connection: object): Promise<void>;
}

/** Source: https://github.com/sequelize/sequelize/blob/v6/src/sequelize.js */
export interface SequelizeInternals {
  /** The dialects read these two before each connect. */
  readonly options: {
    /** 0 until the server's version is known. */
    databaseVersion: string | 0;
    readonly timezone: string;
  };
  readonly config: {
    keepDefaultTimezone?: boolean | undefined;
  };
  readonly connectionManager: ConnectionManager;
  /** Of a transaction, it uses the connection alone. */
  databaseVersion(options: {
    readonly transaction: { readonly connection: object };
    readonly logging: false;
  }): Promise<unknown>;
}

/** A connection of mysql2. */
interface Mysql2Internals {
  /** The server's greeting. */
  readonly _handshakePacket?: { readonly serverVersion?: unknown };
  readonly config?: { readonly queryFormat?: unknown };
}

/** An attribute's type. Source: https://github.com/sequelize/sequelize/blob/v6/src/data-types.js */
interface DataTypeInternals {
  /** Sequelize's own types declare it without the options, of which ENUM uses `escape`. */
  toSql?(options: { escape(value: unknown): string }): unknown;
}

/** A model. Source: https://github.com/sequelize/sequelize/blob/v6/src/model.js */
interface ModelInternals {
  /** Another object each time that Sequelize refreshes the attributes: a definition, an association, a removed attribute. */
  readonly tableAttributes: object;
}

/** A client of node-postgres. */
interface PgInternals {
  /** Builds the parameters of the startup message. */
  getStartupConf?(): object;
}

/**
 * A part of `retry`. retry-as-promised counts attempts from `$current`, so no `max` allows a second one, neither the
 * instance's nor a single query's.
 */
export const NO_ATTEMPTS_LEFT: object = { $current: Number.POSITIVE_INFINITY };

const METHODS = [
  "connect",
  "disconnect",
  "getConnection",
  "releaseConnection",
  "destroyConnection",
] as const satisfies readonly (keyof ConnectionManager)[];

/** @throws RdsProxyError `RDS_PROXY_UNSUPPORTED` for a Sequelize whose connections could be neither checked nor retried */
export function sequelizeInternals(sequelize: Sequelize): SequelizeInternals {
  const internals = uncovered<SequelizeInternals>(sequelize);
  const manager: Partial<ConnectionManager> | undefined = internals.connectionManager;
  const { lib } = manager ?? {};
  const hasLib = typeof lib === "object" && lib !== null;
  if (hasLib && METHODS.every((name) => typeof manager?.[name] === "function")) return internals;
  throw new RdsProxyError(
    "RDS_PROXY_UNSUPPORTED",
    "This version of Sequelize manages its connections in another way: 6.37 or later of version 6 is needed.",
  );
}

export function mysql2Internals(connection: object): Mysql2Internals {
  return uncovered<Mysql2Internals>(connection);
}

export function modelInternals(model: object): ModelInternals {
  return uncovered<ModelInternals>(model);
}

export function dataTypeInternals(type: object): DataTypeInternals {
  return uncovered<DataTypeInternals>(type);
}

export function pgInternals(client: object): PgInternals {
  return uncovered<PgInternals>(client);
}

function uncovered<Internals extends object>(value: object): Internals {
  return value as Internals;
}
