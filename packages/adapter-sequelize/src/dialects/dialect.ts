import type { Engine } from "@rds-proxy/core";
import type { ConnectAttempt, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { Options, Sequelize } from "sequelize";
import type { PooledConnection } from "../pooled-connection.js";

/** Sequelize's options, with two that its types lack. */
export interface SequelizeOptions extends Options {
  /** Leaves the session in the server's time zone, instead of sending SET. */
  keepDefaultTimezone?: boolean;
  /**
   * The server's version.
   *
   * @default the version that the server reports at the first login
   */
  databaseVersion?: string | 0;
}

/** One attempt to connect, for which Sequelize calls its driver. */
export interface OpeningRequest {
  readonly options: ResolvedRdsProxyOptions;
  readonly attempt: ConnectAttempt;
  /** Reports the connection that the driver has made for it. */
  onOpening(connection: OpeningConnection): void;
}

/** A connection before its login ends. */
export interface OpeningConnection {
  /** Resolves when the login is done; rejects within the attempt's time, with the driver's own error. */
  readonly pooled: Promise<PooledConnection>;
  destroy(): void;
}

/** The settings of an instance that decide the time zone of its sessions. */
interface ZoneRequest {
  /** Sequelize's option, or its default, "+00:00". */
  readonly timezone: string;
  /** Whether the user chose it. */
  readonly isChosen: boolean;
  /** As the user gave it. */
  readonly keepDefaultTimezone: boolean | undefined;
}

/** How sessions get their time zone. */
export interface SessionZone {
  /** Whether Sequelize sends a statement after each login. */
  readonly isSetByStatement: boolean;
  /** PostgreSQL only: the value of `TimeZone` in the startup message. */
  readonly atStartup?: string | undefined;
}

/** The Sequelize instance whose connections are made. */
interface SupervisedInstance {
  readonly sequelize: Sequelize;
  readonly dialectOptions: object;
  readonly zone: SessionZone;
  /** The attempt for which Sequelize calls the driver. */
  currentRequest(): OpeningRequest;
}

/** What differs between the engines. */
export interface SequelizeDialect {
  readonly engine: Engine;
  /** The oldest version that Sequelize supports. */
  readonly oldestVersion: string;
  /** Defaults with which Sequelize sends no SET. */
  readonly defaults: SequelizeOptions;
  /** `dialectOptions` for the same purpose. */
  readonly defaultDialectOptions: object;
  /**
   * Refuses options that the driver does not have, and those that would pin each connection.
   *
   * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` with the remedy
   */
  check(options: SequelizeOptions, resolved: ResolvedRdsProxyOptions): void;
  /** Chooses the way that does not pin, if there is one. */
  sessionZone(request: ZoneRequest): SessionZone;
  /** The version that the server reported at login, unless Sequelize itself reads it. */
  reportedVersion(connection: object): string | undefined;
  /** The driver's module, which makes connections in our way. */
  superviseModule(module: object, instance: SupervisedInstance): object;
}
