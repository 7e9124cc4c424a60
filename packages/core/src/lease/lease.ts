import { sessionStateReason } from "../session-state/session-watch.js";
import type { Deadline } from "../time/deadline.js";
import type { Lease } from "./adapter.js";
import type { ConnectionState, RevocableView } from "./driver.js";

/** What a lease does with its connection. Of `keep` and `destroy` exactly one is called, once. */
export interface LeaseActions {
  stateOf(): ConnectionState;
  /** Resolves when the state is no longer `ending`, or shortly after if it stays so. */
  untilSettled(deadline: Deadline): Promise<void>;
  rollback(deadline: Deadline): Promise<void>;
  /** The kinds of session state that must not reach the next invocation. */
  stateLeft(): Promise<readonly string[]> | readonly string[];
  keep(): void;
  destroy(reason: string): void;
}

/**
 * One invocation's lease on a connection.
 *
 * At its end the view is revoked first, so that work the handler left running cannot reach the next invocation. Then an idle
 * connection is kept, an open transaction is rolled back, and a connection in any other state is destroyed.
 */
export function createLease<Db>(view: RevocableView<Db>, actions: LeaseActions): Lease<Db> {
  let phase: "held" | "releasing" | "ended" = "held";
  let released: Promise<void> | undefined;

  const end = (action: () => void): void => {
    if (phase === "ended") return;
    phase = "ended";
    action();
  };
  const destroy = (reason: string): void => end(() => actions.destroy(reason));

  const keepIfClean = async (): Promise<void> => {
    const left = actions.stateLeft();
    const state = left instanceof Promise ? await left.catch(() => ["unknown"]) : left;
    if (state.length > 0) destroy(sessionStateReason(state));
    else end(actions.keep);
  };

  const rollBack = async (deadline: Deadline): Promise<void> => {
    // `destroy` may have been called while the answer ended.
    if (phase === "ended") return;
    try {
      await actions.rollback(deadline);
    } catch {
      // The handler has ended with a result of its own, so there is no one to report this error to.
      destroy("rollback failed");
      return;
    }
    if (actions.stateOf() === "idle") await keepIfClean();
    else destroy("not idle after rollback");
  };

  const release = async (deadline: Deadline): Promise<void> => {
    phase = "releasing";
    view.revoke();
    if (actions.stateOf() === "ending") await actions.untilSettled(deadline);
    const state = actions.stateOf();
    switch (state) {
      case "idle":
        return keepIfClean();
      case "transaction":
        return rollBack(deadline);
      case "busy":
      case "ending":
        return destroy("query in flight");
      case "unusable":
        return destroy("unusable");
      default:
        return state satisfies never;
    }
  };

  return {
    db: view.db,
    async release(deadline) {
      if (phase === "ended") return;
      released ??= release(deadline);
      await released;
    },
    destroy(reason) {
      view.revoke();
      destroy(reason);
    },
  };
}
