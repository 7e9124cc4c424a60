import { ConnectionError } from "sequelize";
import type { PooledConnection } from "./pooled-connection.js";
import type { Invocations, RunningInvocations } from "./running-invocations.js";

export type WatchedConnection = Pick<PooledConnection, "state">;

/** A transaction that the only invocation began with a statement of its own, between two of its statements. */
interface OpenTransaction {
  readonly connection: WatchedConnection;
  readonly invocations: Invocations;
  readonly period: number;
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

  /** @param connection goes back into the pool */
  noteRelease(connection: WatchedConnection): void {
    const { current, isSingle, period } = this.#invocations;
    if (!isSingle) return;
    const { state } = connection;
    if (state === "transaction") {
      this.#open = { connection, invocations: current, period };
    } else if (state === "idle" && this.#open?.connection === connection) {
      this.#open = undefined;
    }
  }

  /** Whether the running invocation has an open transaction whose connection is lost. */
  get isLost(): boolean {
    const { isSingle, period } = this.#invocations;
    const open = this.#open;
    if (!open || open.period !== period || !isSingle) return false;
    return !this.#invocations.haveEnded(open.invocations) && open.connection.state === "unusable";
  }
}

/** What the later statements of that invocation fail with. */
export function lostTransaction(): ConnectionError {
  const lost = new Error(
    "The connection was lost between two statements of a transaction, and the server has rolled it back.",
  );
  return new ConnectionError(Object.assign(lost, { code: "ECONNRESET" }));
}
