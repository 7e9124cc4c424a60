import { BorrowedListeners, invalidOption, type Loan, leaseEnded, lendObject } from "@rds-proxy/core";
import type pg from "pg";
import type { RdsProxyClient } from "./client.js";
import { callbackOf, isSubmittable } from "./query-queue.js";

/** What a handler gets: all of a `pg.PoolClient`, closed and given back by the middleware. */
export type PgConnection = pg.PoolClient;

/** Lends a client to one invocation; the listeners that it adds go with the loan. */
export function lendClient(client: RdsProxyClient): Loan<PgConnection> {
  const listeners = new BorrowedListeners(client, () => loan.db);
  const loan = lendObject<PgConnection>(client, {
    replaced: {
      ...listeners.members,
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
    cleanUp: () => listeners.removeAll(),
  });
  return loan;
}

/** Fails a late use in the way its caller listens. */
function refuse(property: string | symbol, args: readonly unknown[]): Promise<never> | undefined {
  const error = leaseEnded();
  if (property !== "query" || isSubmittable(args[0])) throw error;
  const callback = callbackOf(args);
  if (!callback) return Promise.reject(error);
  process.nextTick(callback, error);
  return undefined;
}
