import type { Deadline, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import { emitEvent, sessionStateReason } from "@rds-proxy/core/internal";
import type { PooledConnection } from "./pooled-connection.js";
import { type Invocations, isSameSingle, type RunningInvocations } from "./running-invocations.js";

/** One connection of Sequelize's pool, idle or in use. */
export class PoolEntry {
  readonly connection: PooledConnection;
  readonly #options: ResolvedRdsProxyOptions;
  readonly #invocations: RunningInvocations;
  readonly #removeFromPool: () => Promise<void>;
  #users: Invocations | undefined;
  /** Those of its last use, who may have left a transaction open. */
  #lastUsers: Invocations | undefined;
  /** The period in which it was last found fit. */
  #validatedIn: number | undefined;
  /** While it is being validated. */
  #validation: Promise<boolean> | undefined;
  /** From its login to the end of its first use. */
  #isFresh = true;
  /** Whether its session has state that must not reach later statements. */
  #isSessionOver = false;
  #isDestroyed = false;

  constructor(
    connection: PooledConnection,
    options: ResolvedRdsProxyOptions,
    invocations: RunningInvocations,
    removeFromPool: () => Promise<void>,
  ) {
    this.connection = connection;
    this.#options = options;
    this.#invocations = invocations;
    this.#removeFromPool = removeFromPool;
  }

  /** The invocations that may use it, while it is out of the pool. */
  get users(): Invocations | undefined {
    return this.#users;
  }

  get isInUse(): boolean {
    return this.#users !== undefined;
  }

  /** Whether it is in use, and all invocations that may use it have ended. */
  get isOutlived(): boolean {
    return this.#users !== undefined && this.#invocations.haveEnded(this.#users);
  }

  /** Whether a transaction or a query was left open. */
  get isDirty(): boolean {
    const { state } = this.connection;
    return state === "transaction" || state === "busy";
  }

  /** Whether it may be used without a validation, and none is under way: that one may still roll back. */
  get isKnownFit(): boolean {
    return this.#validation === undefined && this.#isStillFit;
  }

  /**
   * Whether it was found fit in the present period, so the process was not frozen since. An open transaction belongs to the
   * only invocation, unless another one ran when it was left open.
   */
  get #isStillFit(): boolean {
    if (this.#isSessionOver || this.#validatedIn !== this.#invocations.period) return false;
    const { state } = this.connection;
    return state === "idle" || (state === "transaction" && this.#isOf(this.#invocations.current));
  }

  /** Whether it was used before, and its open transaction may be another invocation's than a request. */
  isInTransactionOfOther(requestedBy: Invocations): boolean {
    return (
      this.#lastUsers !== undefined && this.connection.state === "transaction" && !this.#isOf(requestedBy)
    );
  }

  /** Whether these are one invocation, which also ran alone when it was used last. */
  #isOf(invocations: Invocations): boolean {
    return this.#lastUsers !== undefined && isSameSingle(this.#lastUsers, invocations);
  }

  take(users: Invocations): void {
    this.#users = users;
    this.#lastUsers = users;
  }

  putBack(): void {
    this.#users = undefined;
    this.#isFresh = false;
  }

  /**
   * Destroys it if statements changed its session: at once if it lies idle in the pool, otherwise when it is put back or
   * asked for next.
   */
  endSessionState(): void {
    this.#isSessionOver = this.connection.sessionState.length > 0;
    this.#destroyIfSessionIsOver();
  }

  /**
   * Called before it goes back into the pool, where a caller may wait for it. Without known invocations, the session state can end
   * with each use only, and is kept by default.
   *
   * @returns whether it was destroyed
   */
  endUse(): boolean {
    const { areKnown } = this.#invocations;
    const { sessionState = areKnown ? "discard" : "keep" } = this.#options;
    if (sessionState === "keep") {
      // What an open transaction leaves is known after its rollback.
      const { state } = this.connection;
      if (state !== "unusable" && state !== "transaction") this.connection.reportKeptState();
      return false;
    }
    if (!areKnown) this.#isSessionOver = this.connection.sessionState.length > 0;
    return this.#destroyIfSessionIsOver();
  }

  #destroyIfSessionIsOver(): boolean {
    if (!this.#isSessionOver || this.isInUse || this.connection.state !== "idle") return false;
    this.destroy(sessionStateReason(this.connection.sessionState));
    return true;
  }

  /** Whether the running invocations may use it; destroys it if not. Callers share a validation that is under way. */
  validate(): Promise<boolean> {
    this.#validation ??= this.#validate().finally(() => {
      this.#validation = undefined;
    });
    return this.#validation;
  }

  async rollBackOrDestroy(deadline: Deadline): Promise<void> {
    if (!(await this.#rollBack(deadline))) this.destroy("rollback failed");
  }

  /** Destroys it, and makes each later use fail with RDS_PROXY_LEASE_ENDED. */
  revoke(reason: string): void {
    this.connection.revoke();
    this.destroy(reason);
  }

  /** Closes it gracefully, and removes it from the pool. */
  async end(): Promise<void> {
    await this.connection.end();
    // Only a hook of the user's can fail now, and the connection is closed.
    await this.#removeFromPool().catch(() => undefined);
  }

  /** Its slot in the pool is free at once. Later calls do nothing: the pool forgets it after the user's hooks. */
  destroy(reason: string): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.connection.destroy();
    // Only a hook of the user's can fail now, and no caller waits for it.
    this.#removeFromPool().catch(() => undefined);
    emitEvent("discard", this.#options.endpoint, () => ({ reason }));
  }

  async #validate(): Promise<boolean> {
    const { period } = this.#invocations;
    // An invocation may have ended meanwhile, and its session state with it.
    if (!(await this.#isFit()) || this.#isSessionOver) {
      this.destroy("not fit for use after idling");
      return false;
    }
    // Sequelize's hook `afterConnect` has run by now; the state that it set up belongs to the connection.
    if (this.#isFresh) this.connection.adoptSessionState();
    this.#isFresh = false;
    this.#validatedIn = period;
    return true;
  }

  async #isFit(): Promise<boolean> {
    const { connection } = this;
    // Sequelize releases a connection on an error response, before the server has reported the state after it.
    if (connection.state === "ending") await connection.untilSettled(this.#deadline());
    if (this.#isSessionOver) return false;
    if (this.#isFresh || this.#isStillFit) return true;
    const deadline = this.#deadline();
    if (this.isDirty && !(await this.#rollBack(deadline))) return false;
    return await connection.isFit(deadline);
  }

  #rollBack(deadline: Deadline): Promise<boolean> {
    return this.connection.rollback(deadline).then(
      () => true,
      // The invocation that left it open has ended, and the connection is destroyed.
      () => false,
    );
  }

  #deadline(): Deadline {
    return this.#invocations.deadlineFor(this.#options);
  }
}
