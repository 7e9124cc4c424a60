import { type Loan, leaseEnded } from "@rds-proxy/core";
import type pg from "pg";
import type { RdsProxyClient } from "./client.js";
import { hasCallback, isSubmittable } from "./query-queue.js";

/** What a handler gets: all of a `pg.PoolClient`, closed and given back by the middleware. */
export type PgConnection = pg.PoolClient;

type Listener = (...args: unknown[]) => void;
type AddListener = "on" | "once" | "addListener" | "prependListener" | "prependOnceListener";

/**
 * Lends a client to one invocation: the same client to look at and to use, but not to close, and out of reach
 * once the loan was revoked. The listeners that the invocation added go with it.
 */
export function lendClient(client: RdsProxyClient): Loan<PgConnection> {
  const borrowed = new BorrowedClient(client);
  return {
    db: new Proxy<PgConnection>(client, borrowed),
    revoke: () => borrowed.revoke(),
  };
}

class BorrowedClient implements ProxyHandler<PgConnection> {
  readonly #client: RdsProxyClient;
  readonly #listeners: [event: string | symbol, listener: Listener][] = [];
  #isRevoked = false;

  constructor(client: RdsProxyClient) {
    this.#client = client;
  }

  revoke(): void {
    this.#isRevoked = true;
    this.#removeListeners();
  }

  get(_: PgConnection, property: string | symbol, lent: unknown): unknown {
    switch (property) {
      case "query":
        return this.#query;
      case "end":
        // The connection outlives the invocation.
        return async () => undefined;
      case "on":
      case "once":
      case "addListener":
      case "prependListener":
      case "prependOnceListener":
        return this.#adding(property, lent);
      case "removeAllListeners":
        return this.#removeListeners;
      default:
        return this.#own(property);
    }
  }

  readonly #query = (...args: unknown[]): unknown =>
    this.#isRevoked ? refuse(args) : Reflect.apply(this.#client.query, this.#client, args);

  #own(property: string | symbol): unknown {
    const value: unknown = Reflect.get(this.#client, property);
    if (typeof value !== "function") return value;
    if (this.#isRevoked) throw leaseEnded();
    return value.bind(this.#client);
  }

  #adding(method: AddListener, lent: unknown) {
    return (event: string | symbol, listener: Listener): unknown => {
      if (this.#isRevoked) throw leaseEnded();
      this.#listeners.push([event, listener]);
      Reflect.apply(this.#client[method], this.#client, [event, listener]);
      return lent;
    };
  }

  /** Those of the invocation only: without its 'error' listener the client could end the process. */
  readonly #removeListeners = (event?: string | symbol): void => {
    for (const [name, listener] of this.#listeners) {
      if (event === undefined || event === name) this.#client.removeListener(name, listener);
    }
  };
}

/** Fails a late query in the way its caller listens. */
function refuse(args: readonly unknown[]): Promise<never> | undefined {
  const error = leaseEnded();
  const callback = args.findLast((argument) => typeof argument === "function");
  if (callback && hasCallback(args)) {
    process.nextTick(callback, error);
    return undefined;
  }
  if (isSubmittable(args[0])) throw error;
  return Promise.reject(error);
}
