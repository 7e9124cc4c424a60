/** A wall clock that can be put forward. Proxy and environments of a side go by the same one. */
export class WallClock {
  #offsetMs = 0;

  /** How far it is ahead of this computer's. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  advance(byMs: number): void {
    this.#offsetMs += byMs;
  }
}
