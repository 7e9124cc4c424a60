import { BorrowedListeners, type Loan, leaseEnded, lendObject } from "@rds-proxy/core";
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
 * Lends a connection to one invocation. The promise wrapper is made for the invocation; the connection without
 * promises, which some libraries reach for, is lent along with it, and so are prepared statements.
 */
export function lendSession(session: MysqlSession): Loan<MysqlConnection> {
  const { connection } = session;
  const wrapper = connection.promise();
  const statements: Loan<object>[] = [];

  const lendStatement = (statement: object): object => {
    const lent = lendObject(statement, { replaced: {}, refuse: refuseCall, cleanUp: () => undefined });
    statements.push(lent);
    return lent.db;
  };
  // The connection outlives the invocation.
  const kept = { release: () => undefined, destroy: () => session.poison() };

  const coreListeners = new BorrowedListeners(connection, () => core.db);
  const core = lendObject(connection, {
    replaced: {
      ...kept,
      ...coreListeners.members,
      end: (callback?: () => void) => callback && process.nextTick(callback),
      promise: () => loan.db,
      [Symbol.dispose]: () => undefined,
    },
    refuse() {
      throw leaseEnded();
    },
    cleanUp: () => coreListeners.removeAll(),
  });

  const listeners = new BorrowedListeners(wrapper, () => loan.db);
  const loan = lendObject<MysqlConnection>(wrapper, {
    replaced: {
      ...kept,
      ...listeners.members,
      end: () => Promise.resolve(),
      connection: core.db,
      prepare: async (...args: unknown[]) => {
        if (isRevoked) throw leaseEnded();
        return lendStatement(await Reflect.apply(wrapper.prepare, wrapper, args));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    refuse: refuseCall,
    cleanUp: () => listeners.removeAll(),
  });

  let isRevoked = false;
  return {
    db: loan.db,
    revoke() {
      isRevoked = true;
      for (const lent of [...statements, core, loan]) lent.revoke();
    },
  };
}

function refuseCall(property: string | symbol): Promise<never> {
  if (PROMISING.has(property)) return Promise.reject(leaseEnded());
  throw leaseEnded();
}
