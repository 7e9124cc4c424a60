import { invalidOption, type Loan, leaseEnded, lendObject } from "@rds-proxy/core";
import type pg from "pg";
import type { RdsProxyClient } from "./client.js";
import { callbackOf, isSubmittable } from "./query-queue.js";

/** What a handler gets: all of a `pg.PoolClient`, closed and given back by the middleware. */
export type PgConnection = pg.PoolClient;

type Listener = (...args: unknown[]) => void;
type Event = string | symbol;

/** Lends a client to one invocation; the listeners that it adds go with the loan. */
export function lendClient(client: RdsProxyClient): Loan<PgConnection> {
  const listeners: [event: Event, listener: Listener][] = [];

  const adding =
    (method: "on" | "once" | "addListener" | "prependListener" | "prependOnceListener") =>
    (event: Event, listener: Listener): PgConnection => {
      listeners.push([event, listener]);
      Reflect.apply(client[method], client, [event, listener]);
      return loan.db;
    };
  const removeListeners = (event?: Event): PgConnection => {
    // The invocation's own only: without its 'error' listener the client could end the process.
    for (const [name, listener] of listeners) {
      if (event === undefined || event === name) client.removeListener(name, listener);
    }
    return loan.db;
  };

  const loan = lendObject<PgConnection>(client, {
    replaced: {
      on: adding("on"),
      once: adding("once"),
      addListener: adding("addListener"),
      prependListener: adding("prependListener"),
      prependOnceListener: adding("prependOnceListener"),
      removeAllListeners: removeListeners,
      // The connection outlives the invocation.
      end: (callback?: () => void) => (callback ? process.nextTick(callback) : Promise.resolve()),
      // As in pg.Pool, an error means: not to be used again.
      release: (error?: Error | boolean) => client.release(error),
      setTypeParser: () => {
        throw invalidOption(
          "db.setTypeParser",
          "parsers that are set once",
          "a call in an invocation, which the next one would inherit",
          "Pass `types` to `pgAdapter({ types })`.",
        );
      },
    },
    refuse,
    cleanUp: removeListeners,
  });
  return loan;
}

/** Fails a late use in the way its caller listens. */
function refuse(property: Event, args: readonly unknown[]): Promise<never> | undefined {
  const error = leaseEnded();
  if (property !== "query" || isSubmittable(args[0])) throw error;
  const callback = callbackOf(args);
  if (!callback) return Promise.reject(error);
  process.nextTick(callback, error);
  return undefined;
}
