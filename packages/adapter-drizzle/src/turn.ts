import { RdsProxyError } from "@rds-proxy/core";
import type { ConnectionTurns } from "@rds-proxy/core/internal";

type Send = (...args: unknown[]) => unknown;

/** The same function, which takes a turn for each call. */
export function inTurn(turns: ConnectionTurns, send: Send): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => {
    await turns.acquire();
    try {
      return await send(...args);
    } finally {
      turns.release();
    }
  };
}

/** The turn of one transaction or iterator. */
export class Turn {
  readonly #turns: ConnectionTurns;
  #isBegun = false;
  #isOver = false;

  private constructor(turns: ConnectionTurns) {
    this.#turns = turns;
  }

  static async take(turns: ConnectionTurns): Promise<Turn> {
    await turns.acquire();
    return new Turn(turns);
  }

  /** Ends it. Later calls have no effect. */
  end(): void {
    if (!this.#isOver) this.#turns.release();
    this.#isOver = true;
  }

  /** @throws RdsProxyError `RDS_PROXY_LEASE_ENDED` after the end */
  check(): void {
    if (this.#isOver) throw transactionEnded();
  }

  /**
   * The same function for statements of this turn. A `tx` that is used after its transaction fails: its statements would become
   * part of another transaction, or be committed by themselves although theirs was rolled back.
   */
  only(send: Send): (...args: unknown[]) => Promise<unknown> {
    return async (...args) => {
      this.check();
      try {
        const result = await send(...args);
        this.#isBegun ||= !setsLevel(args[0]);
        return result;
      } catch (error) {
        // Drizzle 0.45 keeps the connection of a transaction whose `begin` fails.
        if (!this.#isBegun) this.end();
        throw error;
      }
    };
  }
}

/** On MySQL the isolation level is set before `begin`. */
function setsLevel(statement: unknown): boolean {
  const text: unknown = Reflect.get(Object(statement), "sql");
  return typeof text === "string" && text.startsWith("set transaction");
}

function transactionEnded(): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_LEASE_ENDED",
    "`tx` was used after its transaction had ended. Await every query before the function that was passed to " +
      "`db.transaction()` returns or throws, and do not keep `tx`.",
  );
}
