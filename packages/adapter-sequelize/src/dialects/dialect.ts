import type { ConnectAttempt, Engine, ResolvedRdsProxyOptions } from "@rds-proxy/core";
import type { Options } from "sequelize";
import type { TrackedConnection } from "../tracked-connection.js";

/** Sequelize's options, with two that its types leave out. */
export interface SequelizeOptions extends Options {
  /** Leaves the session's time zone as the server sets it, instead of sending SET. */
  keepDefaultTimezone?: boolean;
  /** The server's version, which Sequelize asks for on a connection of its own where it is missing. */
  databaseVersion?: string;
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

/** What differs between the engines below Sequelize. */
export interface SequelizeDialect {
  readonly engine: Engine;
  /** What keeps a cold start at one connection and sends no SET. */
  readonly defaults: SequelizeOptions;
  /** `dialectOptions` for the same purpose. */
  readonly defaultDialectOptions: object;
  /**
   * Refuses what is no option of the driver, and what would pin each connection.
   *
   * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` with the remedy
   */
  check(options: SequelizeOptions, resolved: ResolvedRdsProxyOptions): void;
  /**
   * The driver's module with another way to make a connection.
   *
   * @param opening the attempt that is being made when Sequelize calls the driver
   */
  superviseModule(module: object, dialectOptions: object, opening: () => Opening): object;
}
