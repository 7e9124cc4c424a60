import type { Connection } from "mysql2";
import { internalsOf } from "./mysql2-internals.js";
import type { MysqlSession } from "./session.js";

/**
 * The configuration of a connection, which mysql2 documents as a place to set `namedPlaceholders` or `queryFormat` while it
 * is in use. An invocation that looks at it gets a copy, which mysql2 reads in place of the original for its time: parts of
 * the original, TLS among them, are shared by all connections.
 */
export class BorrowedConfig {
  readonly #session: MysqlSession;
  #owners: Connection["config"] | undefined;
  #isOver = false;

  constructor(session: MysqlSession) {
    this.#session = session;
  }

  /** The copy, which is in the connection from now on. */
  borrow(): Connection["config"] {
    const { connection } = this.#session;
    // Who looks at it afterwards has a copy that mysql2 does not read.
    if (this.#isOver) return copyOf(connection.config);
    if (!this.#owners) {
      this.#owners = connection.config;
      connection.config = copyOf(this.#owners);
    }
    return connection.config;
  }

  giveBack(): void {
    this.#isOver = true;
    const { connection } = this.#session;
    if (!this.#owners) return;
    // mysql2 writes here how the session encodes statements, and the session would go on with what was set.
    if (internalsOf(connection.config).charsetNumber !== internalsOf(this.#owners).charsetNumber)
      this.#session.poison();
    connection.config = this.#owners;
  }
}

/** Copies plain objects and lists, getters as getters; functions and instances of other classes are no part of it. */
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
