/** Faults in the order in which they apply, each with the number of times. */
export class FaultQueue<Fault> {
  readonly #entries: { readonly fault: Fault; timesLeft: number }[] = [];

  add(fault: Fault, times: number): void {
    this.#entries.push({ fault, timesLeft: times });
  }

  /** The next fault, if any. Uses it up once. */
  take(): Fault | undefined {
    const [first] = this.#entries;
    if (first === undefined) return undefined;
    first.timesLeft -= 1;
    if (first.timesLeft <= 0) this.#entries.shift();
    return first.fault;
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
