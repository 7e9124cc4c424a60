/** The latest entries of a list that only grows. */
export class RecentEntries<Entry> {
  readonly #kept: number;
  #entries: Entry[] = [];

  /** @param kept how many entries are kept */
  constructor(kept: number) {
    this.#kept = kept;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    // Trimmed from time to time, not on each.
    if (this.#entries.length >= 2 * this.#kept) this.#entries = this.latest();
  }

  /** The latest ones, in order. */
  latest(): Entry[] {
    return this.#entries.slice(-this.#kept);
  }
}
