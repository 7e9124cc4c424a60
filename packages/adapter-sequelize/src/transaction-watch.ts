import { RdsProxyError } from "@rds-proxy/core";
import { ConnectionError } from "sequelize";
import type { PooledConnection } from "./pooled-connection.js";
import { type Invocations, isSameSingle, type RunningInvocations } from "./running-invocations.js";

export type WatchedConnection = Pick<PooledConnection, "state">;

/** A transaction that the only invocation began with a statement of its own, between two of its statements. */
interface OpenTransaction {
  readonly connection: WatchedConnection;
  readonly invocation: Invocations;
}

/**
 * Watches transactions that begin with a BEGIN as a raw query. Sequelize releases the connection after each statement, so if
 * the connection is lost, the next statement would run on another and be committed by itself.
 */
export class TransactionWatch {
  readonly #invocations: RunningInvocations;
  #open: OpenTransaction | undefined;

  constructor(invocations: RunningInvocations) {
    this.#invocations = invocations;
  }

  /**
   * @param connection goes back into the pool
   * @param users the invocations that may have used it
   */
  noteRelease(connection: WatchedConnection, users: Invocations): void {
    const { current } = this.#invocations;
    const { state } = connection;
    if (state === "transaction" && isSameSingle(users, current)) {
      this.#open = { connection, invocation: current };
    } else if (state === "idle" && this.#open?.connection === connection) {
      this.#open = undefined;
    }
  }

  /** Whether the running invocation has an open transaction whose connection is lost. */
  get isLost(): boolean {
    const open = this.#open;
    if (open?.connection.state !== "unusable") return false;
    return isSameSingle(open.invocation, this.#invocations.current);
  }
}

/** What the later statements of that invocation fail with. */
export function lostTransaction(): ConnectionError {
  const lost = new Error(
    "The connection was lost between two statements of a transaction, and the server has rolled it back.",
  );
  return new ConnectionError(Object.assign(lost, { code: "ECONNRESET" }));
}

/** What a statement fails with that may have been sent by another invocation than the one whose transaction is open. */
export function unknownSender(): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_UNSUPPORTED",
    "The statement was not sent. An invocation has a transaction open that began with a raw BEGIN, and the statement was " +
      "requested while others ran as well, so it may not be part of it. Use sequelize.transaction(), and await every " +
      "query before the handler returns.",
  );
}
