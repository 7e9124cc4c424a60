import type { Pin } from "./pin.js";

const keptPins = 1000;

/** The latest pinned sessions. */
export class PinLog {
  #pins: Pin[] = [];

  add(pin: Pin): void {
    this.#pins.push(pin);
    // Trimmed once per 1,000 pins, not on each.
    if (this.#pins.length >= 2 * keptPins) this.#pins = this.latest();
  }

  /** The latest 1,000, in order. */
  latest(): Pin[] {
    return this.#pins.slice(-keptPins);
  }
}
