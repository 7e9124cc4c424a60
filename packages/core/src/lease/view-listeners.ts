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
 * The listeners that a handler adds through a revocable view of an emitter. They are called with the view as `this`, and are
 * removed when the view is revoked. The handler cannot remove the driver's own listeners: without its 'error' listener a
 * connection could end the process.
 */
export class ViewListeners {
  readonly #emitter: EventEmitter;
  readonly #view: () => object;
  readonly #added: AddedListener[] = [];
  /** The emitter's limit before the handler changed it. */
  #maxListenersBefore: number | undefined;
  #isRevoked = false;

  constructor(emitter: EventEmitter, view: () => object) {
    this.#emitter = emitter;
    this.#view = view;
  }

  /** The emitter's methods for `ViewRules.replacementOf`; undefined for other members. */
  member(name: string | symbol): unknown {
    switch (name) {
      case "on":
      case "once":
      case "addListener":
      case "prependListener":
      case "prependOnceListener":
        return (event: Event, listener: Listener): object => {
          if (this.#isRevoked) throw leaseEnded();
          const isOnce = name === "once" || name === "prependOnceListener";
          const bound: Listener = (...args) => {
            if (isOnce) this.#remove(added);
            Reflect.apply(listener, this.#view(), args);
          };
          // Node's `listeners()` and `listenerCount()` look for the original listener under this name.
          const added = { event, listener, bound: Object.assign(bound, { listener }) };
          this.#added.push(added);
          this.#emitter[name.startsWith("prepend") ? "prependListener" : "on"](event, bound);
          return this.#view();
        };
      case "off":
      case "removeListener":
        return (event: Event, listener: Listener): object => {
          const found = this.#added.findLast((added) => added.event === event && added.listener === listener);
          if (found) this.#remove(found);
          return this.#view();
        };
      case "setMaxListeners":
        return (max: number): object => {
          if (this.#isRevoked) throw leaseEnded();
          this.#maxListenersBefore ??= this.#emitter.getMaxListeners();
          this.#emitter.setMaxListeners(max);
          return this.#view();
        };
      case "removeAllListeners":
        return (event?: Event): object => {
          this.removeAll(event);
          return this.#view();
        };
    }
    return undefined;
  }

  /** Removes the handler's listeners and restores the limit, when the view is revoked. */
  cleanUp(): void {
    this.#isRevoked = true;
    this.removeAll();
    if (this.#maxListenersBefore !== undefined) this.#emitter.setMaxListeners(this.#maxListenersBefore);
  }

  /** Removes the handler's listeners, for one event or for all. */
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
