import type { EventEmitter } from "node:events";
import { leaseEnded } from "../errors.js";

type Event = string | symbol;
type Listener = (...args: unknown[]) => void;

interface AddedListener {
  readonly event: Event;
  readonly listener: Listener;
  readonly bound: Listener;
}

/**
 * The listeners that a borrower adds to a lent emitter: they hear of events with the lent object as their `this`, and
 * go when the loan ends. The owner's listeners stay whatever the borrower removes: without its 'error' listener a
 * connection could end the process.
 */
export class BorrowedListeners {
  readonly #emitter: EventEmitter;
  readonly #lent: () => object;
  readonly #added: AddedListener[] = [];
  /** How many listeners an event could have before the borrower changed it. */
  #mostBefore: number | undefined;
  #isOver = false;

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
          if (this.#isOver) throw leaseEnded();
          const isOnce = name === "once" || name === "prependOnceListener";
          const bound: Listener = (...args) => {
            if (isOnce) this.#remove(added);
            Reflect.apply(listener, this.#lent(), args);
          };
          // By this name Node finds the listener behind a wrapper: `listeners()` and `listenerCount()` know it.
          const added = { event, listener, bound: Object.assign(bound, { listener }) };
          this.#added.push(added);
          this.#emitter[name.startsWith("prepend") ? "prependListener" : "on"](event, bound);
          return this.#lent();
        };
      case "off":
      case "removeListener":
        return (event: Event, listener: Listener): object => {
          const found = this.#added.findLast((added) => added.event === event && added.listener === listener);
          if (found) this.#remove(found);
          return this.#lent();
        };
      case "setMaxListeners":
        return (most: number): object => {
          if (this.#isOver) throw leaseEnded();
          this.#mostBefore ??= this.#emitter.getMaxListeners();
          this.#emitter.setMaxListeners(most);
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

  /** Takes back everything when the loan ends. */
  cleanUp(): void {
    this.#isOver = true;
    this.removeAll();
    if (this.#mostBefore !== undefined) this.#emitter.setMaxListeners(this.#mostBefore);
  }

  /** Removes the borrower's listeners, for one event or for all. */
  removeAll(event?: Event): void {
    for (const added of [...this.#added]) {
      if (event === undefined || event === added.event) this.#remove(added);
    }
  }

  #remove(added: AddedListener): void {
    this.#added.splice(this.#added.indexOf(added), 1);
    this.#emitter.removeListener(added.event, added.bound);
  }
}
