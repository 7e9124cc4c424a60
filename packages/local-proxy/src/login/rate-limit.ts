const windowMs = 1000;

/** Allows at most `perSecond` events within any second of the clock; without a number, all of them. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  #passed: number[] = [];

  constructor(perSecond: number | undefined, now: () => number) {
    this.#perSecond = perSecond ?? Number.POSITIVE_INFINITY;
    this.#now = now;
  }

  /** Whether one more event is allowed now; counts it if so. */
  pass(): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true;
    const nowMs = this.#now();
    this.#passed = this.#passed.filter((atMs) => Math.abs(nowMs - atMs) < windowMs);
    if (this.#passed.length >= this.#perSecond) return false;
    this.#passed.push(nowMs);
    return true;
  }
}
