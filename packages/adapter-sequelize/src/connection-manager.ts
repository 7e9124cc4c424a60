import { RdsProxyError } from "@rds-proxy/core";
import type { Sequelize } from "sequelize";

/** Where a connection goes, and as whom; a read replica has values of its own. */
export interface ConnectConfig {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly username?: string | undefined;
  readonly database?: string | undefined;
}

/**
 * A dialect's connection manager. Sequelize's types leave these members out; they have been the same in all of 6.x.
 * Source: https://github.com/sequelize/sequelize/blob/v6/src/dialects/abstract/connection-manager.js
 */
export interface ConnectionManager {
  /** The driver's module. */
  lib: object;
  /** The question for the server's version; no further one is asked while it is there. */
  versionPromise?: Promise<unknown> | null;
  readonly config: {
    readonly pool: {
      /** Whether the pool would hand out a connection that it has: Sequelize's own rule, or the user's. */
      validate(connection: object): boolean;
    };
  };
  connect(config: ConnectConfig): Promise<object>;
  disconnect(connection: object): Promise<void>;
  getConnection(request?: object): Promise<object>;
  releaseConnection(connection: object): void;
  destroyConnection(connection: object): Promise<void>;
}

const METHODS = ["connect", "disconnect", "getConnection", "releaseConnection", "destroyConnection"];

/** @throws RdsProxyError where Sequelize is built differently, since connections would be neither checked nor retried */
export function connectionManagerOf({ connectionManager }: Sequelize): ConnectionManager {
  const manager: unknown = connectionManager;
  if (isConnectionManager(manager)) return manager;
  throw new RdsProxyError(
    "RDS_PROXY_UNSUPPORTED",
    "This version of Sequelize manages its connections in another way: 6.37 or later of version 6 is needed.",
  );
}

function isConnectionManager(manager: unknown): manager is ConnectionManager {
  if (typeof manager !== "object" || manager === null) return false;
  const lib: unknown = Reflect.get(manager, "lib");
  return (
    typeof lib === "object" &&
    lib !== null &&
    METHODS.every((name) => typeof Reflect.get(manager, name) === "function")
  );
}

/**
 * Lets the process end although a pool has its timer running that looks for idle connections to close. Sequelize's types
 * leave both pools and timers out; they have had these names in all of 6.x.
 * Source: https://github.com/sequelize/sequelize-pool/blob/main/src/Pool.ts
 */
export function unrefEviction(manager: object): void {
  const pool: unknown = Reflect.get(manager, "pool");
  // With read replicas there are two.
  for (const one of [pool, Reflect.get(Object(pool), "read"), Reflect.get(Object(pool), "write")]) {
    const timer: unknown = Reflect.get(Object(one), "_removeIdleTimer");
    if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
      timer.unref();
  }
}
