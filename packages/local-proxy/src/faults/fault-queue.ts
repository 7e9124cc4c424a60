/** Faults that strike one after the other, each as often as asked. */
export class FaultQueue<Fault> {
  readonly #entries: { readonly fault: Fault; timesLeft: number }[] = [];

  add(fault: Fault, times: number): void {
    this.#entries.push({ fault, timesLeft: times });
  }

  /** The fault that strikes now, if any; using it up. */
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
