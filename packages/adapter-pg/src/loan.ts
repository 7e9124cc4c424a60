import { type Loan, RdsProxyError } from "@rds-proxy/core";
import type pg from "pg";
import type { RdsProxyClient } from "./client.js";
import { hasCallback, isSubmittable } from "./query-queue.js";

/** What a handler gets: all of a `pg.PoolClient`, closed and given back by the middleware. */
export type PgConnection = pg.PoolClient;

type Listener = (...args: unknown[]) => void;

const ADD_LISTENER = ["on", "once", "addListener", "prependListener", "prependOnceListener"] as const;

/**
 * Lends a client to one invocation: the same client to look at and to use, but not to close, and out of reach
 * once the loan was revoked. The listeners that the invocation added go with it.
 */
export function lendClient(client: RdsProxyClient): Loan<PgConnection> {
  let isRevoked = false;
  const listeners: [event: string | symbol, listener: Listener][] = [];

  const removeListeners = (event?: string | symbol): void => {
    for (const [name, listener] of listeners) {
      if (event === undefined || event === name) client.removeListener(name, listener);
    }
  };

  const replaced = new Map<string | symbol, unknown>([
    ["query", (...args: unknown[]) => (isRevoked ? refuse(args) : Reflect.apply(client.query, client, args))],
    ["end", async () => undefined],
    ["removeAllListeners", removeListeners],
    ...ADD_LISTENER.map((name): [string, unknown] => [
      name,
      (event: string | symbol, listener: Listener) => {
        listeners.push([event, listener]);
        Reflect.apply(client[name], client, [event, listener]);
        return db;
      },
    ]),
  ]);

  const db: PgConnection = new Proxy<PgConnection>(client, {
    get(_, property) {
      const replacement = replaced.get(property);
      if (replacement) return replacement;
      const value: unknown = Reflect.get(client, property);
      if (typeof value !== "function") return value;
      if (isRevoked) throw leaseEnded();
      return value.bind(client);
    },
  });

  return {
    db,
    revoke() {
      isRevoked = true;
      removeListeners();
    },
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

function leaseEnded(): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_LEASE_ENDED",
    "The connection was used after its invocation had ended. Await every query before the handler returns, and " +
      "take the connection from the context of each invocation instead of keeping it.",
  );
}
