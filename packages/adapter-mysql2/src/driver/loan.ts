import {
  createRevocableView,
  leaseEnded,
  MemberViews,
  type RevocableView,
  ViewListeners,
} from "@rds-proxy/core/adapter";
import { nextTick } from "@rds-proxy/core/internal";
import type { Connection as CoreConnection } from "mysql2";
import type { Connection } from "mysql2/promise";
import { BorrowedConfig } from "./borrowed-config.js";
import type { MysqlSession } from "./session.js";

/** What a handler gets: a `mysql2/promise` connection, closed and given back by the middleware. */
export type Mysql2Connection = Connection;

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
 *
 * @param PromiseClass what its methods return; undefined for JavaScript's own
 */
export function lendSession(
  session: MysqlSession,
  PromiseClass: PromiseConstructor | undefined,
): RevocableView<Mysql2Connection> {
  const wrapper = session.connection.promise(PromiseClass);
  const statements: RevocableView<object>[] = [];
  const config = new BorrowedConfig(session);
  const members = new MemberViews(() => session.poison());
  const viewMember = (member: object): unknown => members.viewOf(member);

  const lendStatement = (statement: object): object => {
    const lent = createRevocableView(statement, {
      replacementOf: () => undefined,
      viewMember,
      refuse: refuseCall,
      cleanUp: () => undefined,
    });
    statements.push(lent);
    return lent.db;
  };
  const listeners = new ViewListeners(wrapper, () => loan.db);
  const loan = createRevocableView<Mysql2Connection>(wrapper, {
    replacementOf(property) {
      switch (property) {
        case "end":
        case Symbol.asyncDispose:
          return () => Promise.resolve();
        case "connection":
          core ??= lendCore(session, { promise: () => loan.db, config, viewMember });
          if (isRevoked) core.revoke();
          return core.db;
        case "config":
          return config.borrow();
        case "prepare":
          return async (...args: unknown[]) => {
            if (isRevoked) throw leaseEnded();
            return lendStatement(await Reflect.apply(wrapper.prepare, wrapper, args));
          };
        default:
          return listeners.member(property) ?? ending(session, property);
      }
    },
    viewMember,
    onCall: (property) => noteCall(session, property),
    refuse: refuseCall,
    cleanUp: () => listeners.cleanUp(),
  });

  let core: RevocableView<CoreConnection> | undefined;
  let isRevoked = false;
  return {
    db: loan.db,
    revoke() {
      isRevoked = true;
      for (const statement of statements) statement.revoke();
      core?.revoke();
      members.revoke();
      loan.revoke();
      config.giveBack();
    },
  };
}

/** What the two views of one loan share. */
interface SharedLoan {
  promise(): Mysql2Connection;
  readonly config: BorrowedConfig;
  viewMember(member: object): unknown;
}

/** The connection without promises below a lent one. */
function lendCore(
  session: MysqlSession,
  { promise, config, viewMember }: SharedLoan,
): RevocableView<CoreConnection> {
  const { connection } = session;
  const listeners = new ViewListeners(connection, () => loan.db);
  const loan = createRevocableView(connection, {
    replacementOf(property) {
      switch (property) {
        case "end":
          return (callback?: () => void) => callback && nextTick(callback);
        case "promise":
          return promise;
        case "config":
          return config.borrow();
        case Symbol.dispose:
          return () => undefined;
        default:
          return listeners.member(property) ?? ending(session, property);
      }
    },
    viewMember,
    onCall: (property) => noteCall(session, property),
    refuse() {
      throw leaseEnded();
    },
    cleanUp: () => listeners.cleanUp(),
  });
  return loan;
}

/** What ends a connection of one's own: this one outlives the invocation. */
function ending(session: MysqlSession, property: string | symbol): unknown {
  switch (property) {
    case "release":
      return () => undefined;
    case "destroy":
      return () => session.poison();
    default:
      return undefined;
  }
}

/** A login as another user, or into another database, would reach the next invocation. */
function noteCall(session: MysqlSession, property: string | symbol): void {
  if (property === "changeUser") session.poison();
}

function refuseCall(property: string | symbol): Promise<never> {
  if (PROMISING.has(property)) return Promise.reject(leaseEnded());
  throw leaseEnded();
}
