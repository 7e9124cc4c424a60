import type { Connection } from "mysql2";
import { internalsOf } from "./mysql2-internals.js";
import type { PhysicalConnection } from "./physical-connection.js";

/**
 * The configuration of a connection during one lease. mysql2 documents it as the place to set `namedPlaceholders` or
 * `queryFormat` while the connection is in use. An invocation that reads it gets a copy, which mysql2 uses instead of the
 * original until the lease ends: all connections share parts of the original, such as TLS.
 */
export class LeaseConfig {
  readonly #physical: PhysicalConnection;
  #original: Connection["config"] | undefined;
  #isOver = false;

  constructor(physical: PhysicalConnection) {
    this.#physical = physical;
  }

  /** The copy, which the connection uses from the first call on. After the lease, a copy that mysql2 does not read. */
  copy(): Connection["config"] {
    const { connection } = this.#physical;
    if (this.#isOver) return copyOf(connection.config);
    if (!this.#original) {
      this.#original = connection.config;
      connection.config = copyOf(this.#original);
    }
    return connection.config;
  }

  /** Ends the lease. */
  restore(): void {
    this.#isOver = true;
    const { connection } = this.#physical;
    if (!this.#original) return;
    // mysql2 keeps the session's character set here, and the session would keep the one that was set.
    const { charsetNumber } = internalsOf(connection.config);
    if (charsetNumber !== internalsOf(this.#original).charsetNumber) this.#physical.markUnusable();
    connection.config = this.#original;
  }
}

/** Copies plain objects and arrays, and getters as getters. Functions and instances of other classes stay shared. */
function copyOf<T extends object>(original: T): T {
  const copy = Array.isArray(original) ? [] : Object.create(Reflect.getPrototypeOf(original));
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(original))) {
    if (isPlain(descriptor.value)) descriptor.value = copyOf(descriptor.value);
    Object.defineProperty(copy, name, descriptor);
  }
  return copy;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Reflect.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
