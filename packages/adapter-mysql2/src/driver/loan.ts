import { BorrowedListeners, type Loan, leaseEnded, lendObject } from "@rds-proxy/core";
import type { Connection as CoreConnection } from "mysql2";
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
  const wrapper = session.connection.promise();
  const statements: Loan<object>[] = [];

  const lendStatement = (statement: object): object => {
    const lent = lendObject(statement, { replaced: {}, refuse: refuseCall, cleanUp: () => undefined });
    statements.push(lent);
    return lent.db;
  };
  // The connection outlives the invocation.
  const kept = { release: () => undefined, destroy: () => session.poison() };

  const listeners = new BorrowedListeners(wrapper, () => loan.db);
  const loan = lendObject<MysqlConnection>(wrapper, {
    replaced: {
      ...kept,
      ...listeners.members,
      end: () => Promise.resolve(),
      // Made when somebody asks for it, which few do.
      get connection() {
        core ??= lendCore(session, kept, () => loan.db);
        return core.db;
      },
      prepare: async (...args: unknown[]) => {
        if (isRevoked) throw leaseEnded();
        return lendStatement(await Reflect.apply(wrapper.prepare, wrapper, args));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    refuse: refuseCall,
    cleanUp: () => listeners.removeAll(),
  });

  let core: Loan<CoreConnection> | undefined;
  let isRevoked = false;
  return {
    db: loan.db,
    revoke() {
      isRevoked = true;
      for (const statement of statements) statement.revoke();
      core?.revoke();
      loan.revoke();
    },
  };
}

/** The connection without promises below a lent one. */
function lendCore(
  { connection }: MysqlSession,
  kept: Readonly<Record<string, unknown>>,
  promise: () => MysqlConnection,
): Loan<CoreConnection> {
  const listeners = new BorrowedListeners(connection, () => loan.db);
  const loan = lendObject(connection, {
    replaced: {
      ...kept,
      ...listeners.members,
      end: (callback?: () => void) => callback && process.nextTick(callback),
      promise,
      [Symbol.dispose]: () => undefined,
    },
    refuse() {
      throw leaseEnded();
    },
    cleanUp: () => listeners.removeAll(),
  });
  return loan;
}

function refuseCall(property: string | symbol): Promise<never> {
  if (PROMISING.has(property)) return Promise.reject(leaseEnded());
  throw leaseEnded();
}
