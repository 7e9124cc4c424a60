import type { Clock } from "./clock.js";

/**
 * Lambda takes a snapshot after the initialisation, in which nothing suspends the process, and the restore comes at least that
 * much later. The wall clock may be set by less.
 */
const SHORTEST_SUSPENSION_MS = 1000;

/**
 * When this process was last restored from a snapshot, as far as can be known. What was opened or read before that is not used
 * after it: other processes were restored from the same snapshot, and have the same sockets and credentials.
 */
export class Restores {
  readonly #clock: Clock;
  /** Whether a suspension of the process means that it was restored. */
  #isExpected: boolean;
  /** Whether Lambda takes a snapshot of the process before its first invocation. */
  readonly #hasSnapshot: boolean;
  #restoredAt: number = Number.NEGATIVE_INFINITY;

  /** @param env names SnapStart where Lambda takes a snapshot of the initialised process */
  constructor(clock: Clock, env: Readonly<Record<string, string | undefined>>) {
    this.#clock = clock;
    this.#isExpected = env["AWS_LAMBDA_INITIALIZATION_TYPE"] === "snap-start";
    this.#hasSnapshot = this.#isExpected;
  }

  /** By the clock's `steadyMs()`; -Infinity if the process was never restored. */
  get restoredAt(): number {
    this.notice();
    return this.#restoredAt;
  }

  /**
   * Notes a restore that the clocks show. Call it before anything is opened, which otherwise would count as opened before the
   * restore.
   */
  notice(): void {
    if (!this.#isExpected || (this.#clock.suspendedMs?.() ?? 0) < SHORTEST_SUSPENSION_MS) return;
    this.#isExpected = false;
    this.noteRestore();
  }

  /** Whether a snapshot of the process is still to be taken. */
  get isSnapshotAhead(): boolean {
    return this.#hasSnapshot && this.restoredAt === Number.NEGATIVE_INFINITY;
  }

  noteRestore(): void {
    this.#restoredAt = this.#clock.steadyMs();
  }

  /** Lambda invokes a function with SnapStart only after a restore. */
  noteInvocation(): void {
    if (this.isSnapshotAhead) this.noteRestore();
  }
}
