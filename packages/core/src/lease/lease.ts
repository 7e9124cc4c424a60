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

/** Most leases end at once: one promise is enough for all of these. */
const DONE: Promise<void> = Promise.resolve();

/**
 * One invocation's lease on a connection.
 *
 * At its end the view is revoked first, so that work the handler left running cannot reach the next invocation. Then an idle
 * connection is kept, an open transaction is rolled back, and a connection in any other state is destroyed.
 */
export function createLease<Db>(view: RevocableView<Db>, actions: LeaseActions): Lease<Db> {
  let hasEnded = false;
  let released: Promise<void> | undefined;

  const end = (action: () => void): void => {
    if (hasEnded) return;
    hasEnded = true;
    action();
  };
  const destroy = (reason: string): void => end(() => actions.destroy(reason));

  const keepIfNothing = (left: readonly string[]): void => {
    if (left.length > 0) destroy(sessionStateReason(left));
    else end(actions.keep);
  };

  const keepIfClean = (): Promise<void> => {
    const left = actions.stateLeft();
    if (left instanceof Promise) return left.catch(() => ["unknown"]).then(keepIfNothing);
    keepIfNothing(left);
    return DONE;
  };

  const rollBack = async (deadline: Deadline): Promise<void> => {
    // `destroy` may have been called while the answer ended.
    if (hasEnded) return;
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

  const finish = (deadline: Deadline): Promise<void> => {
    const state = actions.stateOf();
    switch (state) {
      case "idle":
        return keepIfClean();
      case "transaction":
        return rollBack(deadline);
      case "busy":
      case "ending":
        destroy("query in flight");
        return DONE;
      case "unusable":
        destroy("unusable");
        return DONE;
      default:
        return state satisfies never;
    }
  };

  const release = (deadline: Deadline): Promise<void> => {
    view.revoke();
    if (actions.stateOf() === "ending") return actions.untilSettled(deadline).then(() => finish(deadline));
    return finish(deadline);
  };

  return {
    db: view.db,
    release(deadline) {
      if (hasEnded) return DONE;
      released ??= release(deadline);
      return released;
    },
    destroy(reason) {
      view.revoke();
      destroy(reason);
    },
  };
}
