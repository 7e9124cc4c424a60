/** A mistake in the library's code, which the explorer has to find. */
export interface PlantedBug {
  readonly name: string;
  /** Below `packages/`. */
  readonly file: string;
  /** What occurs once in the file. */
  readonly code: string;
  /** What stands there instead, with IS_PLANTED for whether the bug is there. */
  readonly replacement: string;
  /** A program in which it shows. */
  readonly program: string;
}

const SLOTS = "core/src/lease/connection-slots.ts";
const LEASE = "core/src/lease/lease.ts";
const FITNESS = "core/src/lease/fitness.ts";
const TURNS = "core/src/lease/connection-turns.ts";
const THREE = "slots 1: acquire query release / acquire begin release / acquire release";

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "a kept connection frees a second slot",
    file: SLOTS,
    code: "this.#pass(connection);",
    replacement: "this.#pass(connection); if (IS_PLANTED) this.#pass(undefined);",
    program: THREE,
  },
  {
    name: "an empty slot wakes no waiter",
    file: SLOTS,
    code: "const waiter = this.#waiters.shift();",
    replacement: "const waiter = IS_PLANTED && !slot ? undefined : this.#waiters.shift();",
    program: "slots 1: acquire destroy / acquire release",
  },
  {
    name: "a waiter that gave up is still served",
    file: SLOTS,
    code: "this.#waiters.splice(this.#waiters.indexOf(resolve), 1);",
    replacement: "if (!IS_PLANTED) this.#waiters.splice(this.#waiters.indexOf(resolve), 1);",
    program: "slots 1: acquire query release / hurry release",
  },
  {
    name: "a failed acquire keeps its slot",
    file: SLOTS,
    code: "this.#pass(undefined);\n      throw error;",
    replacement: "if (!IS_PLANTED) this.#pass(undefined);\n      throw error;",
    program: "slots 1: refuse acquire release / acquire release",
  },
  {
    name: "a connection that close() caught up with stays open",
    file: SLOTS,
    code: 'if (connection) this.#destroy(connection, "never leased");',
    replacement: 'if (connection && !IS_PLANTED) this.#destroy(connection, "never leased");',
    program: "slots 1: acquire release acquire release / close",
  },
  {
    name: "a connection is leased after close()",
    file: SLOTS,
    code: "connection ??= await this.#open(deadline);\n      this.#refuseIfClosed();",
    replacement: "connection ??= await this.#open(deadline);\n      if (!IS_PLANTED) this.#refuseIfClosed();",
    program: "slots 1: acquire release / close",
  },
  {
    name: "a prefetched connection that came too late stays open",
    file: SLOTS,
    code: '(connection) => this.#destroy(connection, "prefetched too late")',
    replacement: '(connection) => IS_PLANTED ? undefined : this.#destroy(connection, "prefetched too late")',
    program: "slots 1: prefetch / acquire release / freeze",
  },
  {
    name: "a leased connection does not keep the process alive",
    file: SLOTS,
    code: "this.#driver.ref(idle);",
    replacement: "if (!IS_PLANTED) this.#driver.ref(idle);",
    program: "slots 1: acquire release acquire release",
  },
  {
    name: "an idle connection keeps the process alive",
    file: SLOTS,
    code: "this.#driver.unref(slot);",
    replacement: "if (!IS_PLANTED) this.#driver.unref(slot);",
    program: "slots 1: acquire release",
  },
  {
    name: "a view works after its lease",
    file: LEASE,
    code: "view.revoke();\n    if (actions.stateOf()",
    replacement: "if (!IS_PLANTED) view.revoke();\n    if (actions.stateOf()",
    program: "slots 1: acquire begin release",
  },
  {
    name: "a lease ends twice",
    file: LEASE,
    code: "if (hasEnded) return;\n    hasEnded = true;",
    replacement: "if (hasEnded && !IS_PLANTED) return;\n    hasEnded = true;",
    program: "slots 1: acquire begin release+destroy / acquire query release",
  },
  {
    name: "an open transaction is kept",
    file: LEASE,
    code: "return rollBack(deadline);",
    replacement: "return IS_PLANTED ? keepIfClean() : rollBack(deadline);",
    program: THREE,
  },
  {
    name: "a connection that was lost while it was idle is leased",
    file: FITNESS,
    code: 'if (driver.stateOf(connection) !== "idle") return false;\n  const askedAt',
    replacement: 'if (driver.stateOf(connection) !== "idle" && !IS_PLANTED) return false;\n  const askedAt',
    program: "slots 1: acquire release acquire release / kill",
  },
  {
    name: "session state is kept",
    file: LEASE,
    code: "if (left.length > 0)",
    replacement: "if (left.length > 0 && !IS_PLANTED)",
    program: "slots 1: acquire set release / acquire release",
  },
  {
    name: "the end of a connection is not waited for",
    file: FITNESS,
    code: "  await endOfTurn();\n  if (driver.stateOf",
    replacement: "  if (!IS_PLANTED) await endOfTurn();\n  if (driver.stateOf",
    program: "slots 1: acquire release acquire release / kill",
  },
  {
    name: "an end right after the last answer is not waited for",
    file: FITNESS,
    code: "if (driver.isInTurnOfLastUse(connection)) await endOfTurn();",
    replacement: "if (driver.isInTurnOfLastUse(connection) && !IS_PLANTED) await endOfTurn();",
    program: "slots 1: acquire query release acquire release / kill",
  },
  {
    name: "a silent connection is not pinged",
    file: FITNESS,
    code: "if (idleMs < validateAfterIdleMs) return true;",
    replacement: "if (IS_PLANTED || idleMs < validateAfterIdleMs) return true;",
    program: "slots 1: acquire release silence nap acquire release",
  },
  {
    name: "an answer to a ping from before a freeze counts",
    file: FITNESS,
    code: "() => pingDeadline.remainingMs() > 0,",
    replacement: "() => IS_PLANTED || pingDeadline.remainingMs() > 0,",
    program: "slots 1: acquire release nap acquire release / freeze",
  },
  {
    name: "an answer to a rollback from before a freeze counts",
    file: "core/src/lease/roll-back-within.ts",
    code: "if (rollbackDeadline.remainingMs() === 0)",
    replacement: "if (!IS_PLANTED && rollbackDeadline.remainingMs() === 0)",
    program: "slots 1: acquire begin release acquire release / freeze",
  },
  {
    name: "a deadline's timer is left behind",
    file: "core/src/time/deadline.ts",
    code: "} finally {\n    cancel();",
    replacement: "} finally {\n    if (!IS_PLANTED) cancel();",
    program: "slots 1: acquire release",
  },
  {
    name: "a listener outlives its lease",
    file: "core/src/lease/view-listeners.ts",
    code: "this.#isRevoked = true;\n    this.removeAll();",
    replacement: "this.#isRevoked = true;\n    if (!IS_PLANTED) this.removeAll();",
    program: "slots 1: acquire listen release",
  },
  {
    name: "an abandoned invocation keeps its connection",
    file: "database/src/invocations.ts",
    code: "return holder.context.awsRequestId !== next.context.awsRequestId;",
    replacement: "return !IS_PLANTED && holder.context.awsRequestId !== next.context.awsRequestId;",
    program: "middleware 1: acquire query abandon / acquire query after",
  },
  {
    name: "the last turn is not given back",
    file: TURNS,
    code: "else this.#isTaken = false;",
    replacement: "else if (!IS_PLANTED) this.#isTaken = false;",
    program: "turns 1: take give / take give",
  },
  {
    name: "an aborted waiter that was served takes another's place",
    file: TURNS,
    code: "if (!this.#waiters.includes(waiter)) return;",
    replacement: "if (!IS_PLANTED && !this.#waiters.includes(waiter)) return;",
    program: "turns 1: take give+abort / take give / take give",
  },
  {
    name: "a caller waits behind a removed client that does not end",
    file: "adapter-pg/src/pool.ts",
    code: "destroyAfter(END_TIMEOUT_MS, this, options);",
    replacement: "if (!IS_PLANTED) destroyAfter(END_TIMEOUT_MS, this, options);",
    program: "pg-pool 1: connect release-error / connect release / silence",
  },
];
