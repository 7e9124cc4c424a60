import type { Pin } from "./pin.js";

const keptPins = 1000;

/** The latest sessions that were pinned. */
export class PinLog {
  #pins: Pin[] = [];

  add(pin: Pin): void {
    this.#pins.push(pin);
    // Cut off now and then, not each time.
    if (this.#pins.length >= 2 * keptPins) this.#pins = this.latest();
  }

  /** The latest 1,000 of them, in order. */
  latest(): Pin[] {
    return this.#pins.slice(-keptPins);
  }
}
