const windowMs = 1000;

/** Lets at most `perSecond` events through within any second of the clock; all of them without a number. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  #passed: number[] = [];

  constructor(perSecond: number | undefined, now: () => number) {
    this.#perSecond = perSecond ?? Number.POSITIVE_INFINITY;
    this.#now = now;
  }

  /** Whether one more may pass now; it counts if so. */
  pass(): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true;
    const nowMs = this.#now();
    this.#passed = this.#passed.filter((atMs) => Math.abs(nowMs - atMs) < windowMs);
    if (this.#passed.length >= this.#perSecond) return false;
    this.#passed.push(nowMs);
    return true;
  }
}
