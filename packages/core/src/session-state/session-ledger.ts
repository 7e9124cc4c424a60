import { EFFECTS, type EffectKind } from "./effects.js";

/**
 * What one connection's statements have left in its session, and whether they pinned it.
 *
 * It counts what was sent: a statement that failed counts like one that succeeded, since a connection too many that is
 * replaced does no harm, and state that is handed on does.
 */
export class SessionLedger {
  /** Kinds that stay until the session ends. */
  readonly #state = new Set<EffectKind>();
  /** The same of the transaction that is open. */
  readonly #pending = new Set<EffectKind>();
  #nextTransaction = false;
  #pinnedBy: EffectKind | undefined;

  /**
   * Takes the effects of a statement that is about to be sent.
   *
   * @param isInTransaction whether a transaction is open before it
   * @param isOfConnection whether what it leaves belongs to the connection: it may pin, and is no state
   * @returns the effect that pins the session with this statement; undefined if none does or it was pinned before
   */
  add(
    effects: readonly EffectKind[],
    isInTransaction: boolean,
    isOfConnection = false,
  ): EffectKind | undefined {
    const wasPinned = this.#pinnedBy !== undefined;
    for (const kind of effects) {
      const { lasts, pins, isUndoneByRollback } = EFFECTS[kind];
      if (pins) this.#pinnedBy ??= kind;
      if (isOfConnection) continue;
      if (lasts === "next-transaction") this.#nextTransaction = true;
      if (lasts !== "session") continue;
      if (isInTransaction && isUndoneByRollback) this.#pending.add(kind);
      else this.#state.add(kind);
    }
    return wasPinned ? undefined : this.#pinnedBy;
  }

  /** A transaction is open: what was set for the next one has been used. */
  began(): void {
    this.#nextTransaction = false;
  }

  /** The transaction has ended, and with a rollback all that it takes back. */
  ended(how: "commit" | "rollback"): void {
    if (this.#pending.size === 0) return;
    if (how === "commit") for (const kind of this.#pending) this.#state.add(kind);
    this.#pending.clear();
  }

  /** Forgets the state, but not what pinned the session. */
  clear(): void {
    this.#state.clear();
    this.#pending.clear();
    this.#nextTransaction = false;
  }

  /** What the session still holds, in the order in which it came. */
  get state(): EffectKind[] {
    const state = [...this.#state, ...this.#pending];
    return this.#nextTransaction ? [...state, "next-transaction"] : state;
  }

  /** Whether it holds anything; cheaper than `state`. */
  get isDirty(): boolean {
    return this.#state.size > 0 || this.#pending.size > 0 || this.#nextTransaction;
  }

  /** The first effect that pinned the session, which stays pinned until it ends. */
  get pinnedBy(): EffectKind | undefined {
    return this.#pinnedBy;
  }
}
