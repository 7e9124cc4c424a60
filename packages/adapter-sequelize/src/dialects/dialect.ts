import type { Engine } from "@rds-proxy/core";
import type { ConnectAttempt, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { Options } from "sequelize";
import type { TrackedConnection } from "../tracked-connection.js";

/** Sequelize's options, with two that its types leave out. */
export interface SequelizeOptions extends Options {
  /** Leaves the session's time zone as the server sets it, instead of sending SET. */
  keepDefaultTimezone?: boolean;
  /** The server's version. Taken from the first login where it is missing. */
  databaseVersion?: string | 0;
}

/** One attempt to connect, which Sequelize is about to make through its driver. */
export interface Opening {
  readonly options: ResolvedRdsProxyOptions;
  readonly attempt: ConnectAttempt;
  /** Called when the driver was asked for a connection. */
  begin(begun: BegunConnection): void;
}

/** A connection whose login has begun. */
export interface BegunConnection {
  /** Resolves when the login is done; rejects within the attempt's time, with the driver's own error. */
  readonly tracked: Promise<TrackedConnection>;
  destroy(): void;
}

/** What decides which zone the sessions of an instance have. */
interface ZoneRequest {
  /** Sequelize's option, or its default, "+00:00". */
  readonly timezone: string;
  /** Whether that is the user's choice. */
  readonly isChosen: boolean;
  /** As the user gave it. */
  readonly keepDefaultTimezone: boolean | undefined;
}

/** How sessions get their zone. */
interface SessionZone {
  /** Whether Sequelize sends a statement after each login. */
  readonly isSetByStatement: boolean;
  /** PostgreSQL only: the value of `TimeZone` in the startup message. */
  readonly atStartup?: string | undefined;
}

/** What differs between the engines below Sequelize. */
export interface SequelizeDialect {
  readonly engine: Engine;
  /** The oldest version that Sequelize supports. */
  readonly oldestVersion: string;
  /** What sends no SET. */
  readonly defaults: SequelizeOptions;
  /** `dialectOptions` for the same purpose. */
  readonly defaultDialectOptions: object;
  /**
   * Refuses what is no option of the driver, and what would pin each connection.
   *
   * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` with the remedy
   */
  check(options: SequelizeOptions, resolved: ResolvedRdsProxyOptions): void;
  /** The way that does not pin, where there is one. */
  sessionZone(request: ZoneRequest): SessionZone;
  /** The version in what the server said at login, unless Sequelize itself has read it. */
  versionSaidBy(connection: object): string | undefined;
  /**
   * The driver's module with another way to make a connection.
   *
   * @param opening the attempt that is being made when Sequelize calls the driver
   */
  superviseModule(module: object, dialectOptions: object, opening: () => Opening, zone: SessionZone): object;
}
