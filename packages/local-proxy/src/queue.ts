/** Removed entries are dropped from memory when there are this many. */
const DROPPED_AT_ONCE = 1024;

/** First in, first out. Array.shift() copies the rest of an array if that is long: a client may send a million requests at once. */
export class Queue<Entry> {
  #entries: Entry[] = [];
  /** How many entries at the beginning have been removed. */
  #removed = 0;

  get length(): number {
    return this.#entries.length - this.#removed;
  }

  get first(): Entry | undefined {
    return this.#entries[this.#removed];
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  replaceFirst(entry: Entry): void {
    if (this.length > 0) this.#entries[this.#removed] = entry;
  }

  /** Does nothing if the queue is empty. */
  removeFirst(): void {
    if (this.length === 0) return;
    this.#removed += 1;
    // At most as many entries are copied as have been removed.
    if (this.#removed < DROPPED_AT_ONCE || this.#removed < this.length) return;
    this.#entries = this.#entries.slice(this.#removed);
    this.#removed = 0;
  }

  /** Removes all entries that the condition does not hold for. */
  keepOnly(condition: (entry: Entry) => boolean): void {
    this.#entries = this.#entries.slice(this.#removed).filter(condition);
    this.#removed = 0;
  }

  clear(): void {
    this.#entries = [];
    this.#removed = 0;
  }
}
