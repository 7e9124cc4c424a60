import {
  BorrowedListeners,
  invalidOption,
  type Loan,
  leaseEnded,
  lendObject,
  nextTick,
} from "@rds-proxy/core";
import type pg from "pg";
import type { RdsProxyClient } from "./client.js";
import { callbackOf, isSubmittable } from "./query-queue.js";

/** What a handler gets: all of a `pg.PoolClient`, closed and given back by the middleware. */
export type PgConnection = pg.PoolClient;

/** Lends a client to one invocation; the listeners that it adds go with the loan. */
export function lendClient(client: RdsProxyClient): Loan<PgConnection> {
  const listeners = new BorrowedListeners(client, () => loan.db);
  const loan = lendObject<PgConnection>(client, {
    replacementOf: (property) => listeners.member(property) ?? replacementOf(client, property),
    refuse,
    cleanUp: () => listeners.removeAll(),
  });
  return loan;
}

function replacementOf(client: RdsProxyClient, property: string | symbol): unknown {
  switch (property) {
    case "end":
      // The connection outlives the invocation.
      return (callback?: () => void) => (callback ? nextTick(callback) : Promise.resolve());
    case "release":
      // As in pg.Pool, an error means: not to be used again.
      return (error?: Error | boolean) => client.release(error);
    case "setTypeParser":
      return refuseTypeParser;
    default:
      return undefined;
  }
}

function refuseTypeParser(): never {
  throw invalidOption(
    "db.setTypeParser",
    "parsers that are set once",
    "a call in an invocation, which the next one would inherit",
    "Pass `types` to `pgAdapter({ types })`.",
  );
}

/** Fails a late use in the way its caller listens. */
function refuse(property: string | symbol, args: readonly unknown[]): Promise<never> | undefined {
  const error = leaseEnded();
  if (property !== "query" || isSubmittable(args[0])) throw error;
  const callback = callbackOf(args);
  if (!callback) return Promise.reject(error);
  nextTick(callback, error);
  return undefined;
}
