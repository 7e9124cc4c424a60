import { type Loan, leaseEnded, lendObject } from "@rds-proxy/core";
import type { Connection } from "mysql2/promise";
import type { MysqlSession } from "./session.js";

/** What a handler gets: a `mysql2/promise` connection, closed and given back by the middleware. */
export type MysqlConnection = Connection;

/** These return promises, and so reject; everything else throws. */
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

/**
 * Lends a connection to one invocation. The promise wrapper is made for the invocation, and the listeners that it adds
 * go with it; the connection without promises, which some libraries reach for, is lent along with it.
 */
export function lendSession(session: MysqlSession): Loan<MysqlConnection> {
  const wrapper = session.connection.promise();
  const kept = {
    // The connection outlives the invocation.
    release: () => undefined,
    destroy: () => session.poison(),
  };
  const core = lendObject(session.connection, {
    replaced: { ...kept, end: (callback?: () => void) => callback && process.nextTick(callback) },
    refuse: () => {
      throw leaseEnded();
    },
    cleanUp: () => undefined,
  });
  const loan = lendObject<MysqlConnection>(wrapper, {
    replaced: { ...kept, end: () => Promise.resolve(), connection: core.db },
    refuse(property) {
      if (PROMISING.has(property)) return Promise.reject(leaseEnded());
      throw leaseEnded();
    },
    cleanUp: () => wrapper.removeAllListeners(),
  });
  return {
    db: loan.db,
    revoke() {
      core.revoke();
      loan.revoke();
    },
  };
}
