import { type Loan, leaseEnded } from "@rds-proxy/core";
import type { Connection as CoreConnection } from "mysql2";
import type { Connection } from "mysql2/promise";
import type { MysqlSession } from "./session.js";

/** What a handler gets: a `mysql2/promise` connection, closed and given back by the middleware. */
export type MysqlConnection = Connection;

/**
 * Lends a connection to one invocation: to look at and to use, but not to close, and out of reach once the loan was
 * revoked. The promise wrapper is made for the invocation, and the listeners that it added go with it.
 */
export function lendSession(session: MysqlSession): Loan<MysqlConnection> {
  const wrapper = session.connection.promise();
  let isRevoked = false;
  const guard = <Target extends object>(
    target: Target,
    replaced: Readonly<Record<string, unknown>>,
  ): Target =>
    new Proxy(target, {
      get(_, property) {
        if (typeof property === "string" && Object.hasOwn(replaced, property)) return replaced[property];
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== "function") return value;
        return isRevoked ? refusal(property) : value.bind(target);
      },
    });

  const core: CoreConnection = guard(session.connection, { end: leave, destroy: discard, release: leave });
  function discard(): void {
    session.poison();
  }
  return {
    db: guard(wrapper, { connection: core, end: async () => leave(), destroy: discard, release: leave }),
    revoke() {
      isRevoked = true;
      wrapper.removeAllListeners();
    },
  };
}

/** The connection outlives the invocation. */
function leave(): void {}

/** Those that return promises reject, the others throw. */
const PROMISING = new Set<string | symbol>([
  "query",
  "execute",
  "beginTransaction",
  "commit",
  "rollback",
  "ping",
  "prepare",
  "changeUser",
  "reset",
  "connect",
]);

function refusal(property: string | symbol): () => Promise<never> {
  return () => {
    if (PROMISING.has(property)) return Promise.reject(leaseEnded());
    throw leaseEnded();
  };
}
