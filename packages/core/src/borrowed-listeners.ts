import type { EventEmitter } from "node:events";

type Event = string | symbol;
type Listener = (...args: unknown[]) => void;

/**
 * The listeners that a borrower adds to a lent emitter: they hear of events with the lent object as their `this`, and
 * go when the loan ends. The owner's listeners stay whatever the borrower removes: without its 'error' listener a
 * connection could end the process.
 */
export class BorrowedListeners {
  readonly #emitter: EventEmitter;
  readonly #lent: () => object;
  readonly #added: { readonly event: Event; readonly listener: Listener; readonly bound: Listener }[] = [];

  /** @param lent what the borrower holds of the emitter */
  constructor(emitter: EventEmitter, lent: () => object) {
    this.#emitter = emitter;
    this.#lent = lent;
  }

  /** What a member of an emitter is to a borrower, for `LendingRules.replacementOf`; undefined for all others. */
  member(name: string | symbol): unknown {
    switch (name) {
      case "on":
      case "once":
      case "addListener":
      case "prependListener":
      case "prependOnceListener":
        return (event: Event, listener: Listener): object => {
          const bound: Listener = (...args) => Reflect.apply(listener, this.#lent(), args);
          this.#added.push({ event, listener, bound });
          this.#emitter[name](event, bound);
          return this.#lent();
        };
      case "off":
      case "removeListener":
        return (event: Event, listener: Listener): object => {
          const found = this.#added.findLast((added) => added.event === event && added.listener === listener);
          if (found) this.#emitter.removeListener(event, found.bound);
          return this.#lent();
        };
      case "removeAllListeners":
        return (event?: Event): object => {
          this.removeAll(event);
          return this.#lent();
        };
      default:
        return undefined;
    }
  }

  /** Removes the borrower's listeners, for one event or for all. */
  removeAll(event?: Event): void {
    for (const added of this.#added) {
      if (event === undefined || event === added.event)
        this.#emitter.removeListener(added.event, added.bound);
    }
  }
}
