import {
  type ConnectionState,
  type Deadline,
  type Driver,
  deadlineIn,
  type ResolvedRdsProxyOptions,
} from "@rds-proxy/core/adapter";
import { endGracefully, isFitForUse, rollBackWithin, untilSettled } from "@rds-proxy/core/internal";

/** A server that vanished while the process was frozen does not answer. */
const END_TIMEOUT_MS = 150;

/** The operations of one physical connection in Sequelize's pool, whichever driver it is. */
export interface PooledConnection {
  readonly state: ConnectionState;
  /** What statements left in its session since `adoptSessionState()`; to be used once `untilSessionIsRead()` resolves. */
  readonly sessionState: readonly string[];
  untilSessionIsRead(): Promise<void>;
  /** From now on the state that its session has belongs to the connection. */
  adoptSessionState(): void;
  /** Publishes the event `keep` if the session has state. */
  reportKeptState(): void;
  /** Whether it is idle, young enough, and alive as far as is known; costs a round trip only after a long idle time. */
  isFit(deadline: Deadline): Promise<boolean>;
  /** Resolves when the server has reported the state after the last statement, or soon if it does not answer. */
  untilSettled(deadline: Deadline): Promise<void>;
  /** Rejects if the server does not answer soon. */
  rollback(deadline: Deadline): Promise<void>;
  /** Keeps the process alive, as a new connection does. */
  ref(): void;
  /** Lets the process end. */
  unref(): void;
  /** Closes gracefully; destroys the socket if that fails or takes too long. */
  end(): Promise<void>;
  /** Closes at once. A query in flight fails. */
  destroy(): void;
  /** Makes each later use fail with RDS_PROXY_LEASE_ENDED. */
  revoke(): void;
}

/** @param revoke makes the methods that Sequelize calls fail */
export function createPooledConnection<Connection extends object>(
  driver: Driver<Connection, unknown>,
  connection: Connection,
  options: ResolvedRdsProxyOptions,
  revoke: () => void,
): PooledConnection {
  return {
    get state() {
      return driver.stateOf(connection);
    },
    get sessionState() {
      return driver.sessionOf?.(connection).state ?? [];
    },
    async untilSessionIsRead() {
      await driver.sessionOf?.(connection).untilRead();
    },
    adoptSessionState: () => driver.sessionOf?.(connection).adopt(),
    reportKeptState: () => driver.sessionOf?.(connection).reportKept(),
    isFit: (deadline) => isFitForUse(driver, connection, deadline, options),
    untilSettled: (deadline) => untilSettled(driver, connection, deadline, options),
    rollback: (deadline) => rollBackWithin(driver, connection, deadline, options),
    ref: () => driver.ref(connection),
    unref: () => driver.unref(connection),
    async end() {
      await endGracefully(driver, connection, deadlineIn(END_TIMEOUT_MS, options.runtime.clock));
    },
    destroy: () => driver.destroy(connection),
    revoke,
  };
}
