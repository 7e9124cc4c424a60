import type { Deadline } from "../time/deadline.js";
import type { Lease } from "./adapter.js";
import type { ConnectionState, Loan } from "./driver.js";

/** What a lease does with its connection in the end; exactly one of `keep` and `discard` is called, once. */
export interface LeaseActions {
  stateOf(): ConnectionState;
  /** Resolves when an answer that is about to end has ended, or soon if it does not. */
  settled(deadline: Deadline): Promise<void>;
  rollback(deadline: Deadline): Promise<void>;
  keep(): void;
  discard(reason: string): void;
}

/**
 * One invocation's hold on a connection.
 *
 * The handler's access ends first and at once, so that nothing it left running can reach the next invocation.
 * Then an idle connection is kept, an open transaction rolled back, and everything else thrown away.
 */
export function createLease<Db>(loan: Loan<Db>, actions: LeaseActions): Lease<Db> {
  let phase: "held" | "releasing" | "ended" = "held";
  let released: Promise<void> | undefined;

  const end = (action: () => void): void => {
    if (phase === "ended") return;
    phase = "ended";
    action();
  };
  const discard = (reason: string): void => end(() => actions.discard(reason));

  const rollBack = async (deadline: Deadline): Promise<void> => {
    // It may have been thrown away while its answer ended.
    if (phase === "ended") return;
    try {
      await actions.rollback(deadline);
    } catch {
      // The reason for the failure dies with the connection: the handler has ended and has its own result.
      discard("rollback failed");
      return;
    }
    if (actions.stateOf() === "idle") end(actions.keep);
    else discard("not idle after rollback");
  };

  const release = async (deadline: Deadline): Promise<void> => {
    phase = "releasing";
    loan.revoke();
    if (actions.stateOf() === "ending") await actions.settled(deadline);
    const state = actions.stateOf();
    switch (state) {
      case "idle":
        return end(actions.keep);
      case "transaction":
        return rollBack(deadline);
      case "busy":
      case "ending":
        return discard("query in flight");
      case "unusable":
        return discard("unusable");
      default:
        return state satisfies never;
    }
  };

  return {
    db: loan.db,
    async release(deadline) {
      if (phase === "ended") return;
      released ??= release(deadline);
      await released;
    },
    destroy(reason) {
      loan.revoke();
      discard(reason);
    },
  };
}
