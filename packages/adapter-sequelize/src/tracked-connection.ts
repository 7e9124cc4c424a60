import {
  type ConnectionState,
  type Deadline,
  type Driver,
  deadlineIn,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core/adapter";
import { endGracefully, isFitForUse, rollBackSoon, settled } from "@rds-proxy/core/internal";

/** A server that vanished while the process was frozen never answers the goodbye. */
const GOODBYE_TIMEOUT_MS = 150;

/** One physical connection of Sequelize's pool, seen through its driver. */
export interface TrackedConnection {
  readonly state: ConnectionState;
  /** Alive as far as can be known, young enough and idle; costs a round trip only after a long silence. */
  isFit(deadline: Deadline): Promise<boolean>;
  /** Resolves when the server has said where the last statement left the session, or soon if it does not. */
  settled(deadline: Deadline): Promise<void>;
  /** Rejects when the server does not answer soon. */
  rollback(deadline: Deadline): Promise<void>;
  /** From now on it keeps the process alive, as one that was just opened does. */
  ref(): void;
  /** The opposite: a process that waits for nothing else may end. */
  unref(): void;
  /** Says goodbye, and closes in any case. */
  end(): Promise<void>;
  /** Closes at once. A query in flight fails. */
  destroy(): void;
  /** From now on each use fails with RDS_PROXY_LEASE_ENDED. */
  refuse(): void;
}

/** @param refuse makes the methods that Sequelize calls fail */
export function trackConnection<Connection extends object>(
  driver: Driver<Connection, unknown>,
  connection: Connection,
  options: ResolvedRdsProxyOptions,
  refuse: () => void,
): TrackedConnection {
  return {
    get state() {
      return driver.stateOf(connection);
    },
    isFit: (deadline) => isFitForUse(driver, connection, deadline, options),
    settled: (deadline) => settled(driver, connection, deadline, options),
    rollback: (deadline) => rollBackSoon(driver, connection, deadline, options),
    ref: () => driver.ref(connection),
    unref: () => driver.unref(connection),
    async end() {
      await endGracefully(driver, connection, deadlineIn(GOODBYE_TIMEOUT_MS, options.runtime.clock));
    },
    destroy: () => driver.destroy(connection),
    refuse,
  };
}
