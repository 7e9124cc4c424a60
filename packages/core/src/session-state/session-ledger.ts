import { EFFECTS, type EffectKind } from "./effects.js";

/**
 * The state that one connection's statements have left in its session, and whether they pinned it.
 *
 * A failed statement counts like a successful one: replacing a clean connection does no harm, reusing a changed one does.
 */
export class SessionLedger {
  /** Kinds that stay until the session ends. */
  readonly #state = new Set<EffectKind>();
  /** Kinds that the open transaction has added so far. */
  readonly #pending = new Set<EffectKind>();
  #nextTransaction = false;
  /** Whether the statement that was sent last set it: a transaction that it begins, too, may have come first. */
  #isNextTransactionNew: boolean | undefined;
  #pinnedBy: EffectKind | undefined;

  /**
   * Records the effects of a statement that is about to be sent.
   *
   * @param isInTransaction whether a transaction is open before it
   * @param isOfConnection whether the statement sets up the connection: its effects can pin, but are no state
   * @returns the effect that pins the session with this statement; undefined if none does or it was pinned before
   */
  add(
    effects: readonly EffectKind[],
    isInTransaction: boolean,
    isOfConnection = false,
  ): EffectKind | undefined {
    this.#isNextTransactionNew = false;
    const wasPinned = this.#pinnedBy !== undefined;
    for (const kind of effects) {
      const { lasts, pins, isUndoneByRollback } = EFFECTS[kind];
      if (pins) this.#pinnedBy ??= kind;
      if (isOfConnection) continue;
      if (lasts === "next-transaction") {
        this.#nextTransaction = true;
        this.#isNextTransactionNew = true;
      }
      if (lasts !== "session") continue;
      if (isInTransaction && isUndoneByRollback) this.#pending.add(kind);
      else this.#state.add(kind);
    }
    return wasPinned ? undefined : this.#pinnedBy;
  }

  /** A transaction has begun, which uses up the settings for the next transaction. */
  began(): void {
    if (!this.#isNextTransactionNew) this.#nextTransaction = false;
  }

  /** The transaction has ended. A rollback reverts some of its effects. */
  ended(how: "commit" | "rollback"): void {
    if (how === "commit") for (const kind of this.#pending) this.#state.add(kind);
    this.#pending.clear();
  }

  /** Forgets the state, but not what pinned the session. */
  clear(): void {
    this.#state.clear();
    this.#pending.clear();
    this.#nextTransaction = false;
  }

  /** The kinds of state in the session, in the order in which they were set. */
  get state(): EffectKind[] {
    const state = [...this.#state, ...this.#pending];
    return this.#nextTransaction ? [...state, "next-transaction"] : state;
  }

  /** Whether the session has state; cheaper than `state`. */
  get isDirty(): boolean {
    return this.#state.size > 0 || this.#pending.size > 0 || this.#nextTransaction;
  }

  /** The first effect that pinned the session, which stays pinned until it ends. */
  get pinnedBy(): EffectKind | undefined {
    return this.#pinnedBy;
  }
}
