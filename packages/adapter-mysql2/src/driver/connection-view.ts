import {
  createRevocableView,
  leaseEnded,
  MemberViews,
  type RevocableView,
  ViewListeners,
} from "@rds-proxy/core/adapter";
import { handledOnceRevoked, nextTick } from "@rds-proxy/core/internal";
import type { Connection as CallbackConnection } from "mysql2";
import type { Connection } from "mysql2/promise";
import { LeaseConfig } from "./lease-config.js";
import type { PhysicalConnection } from "./physical-connection.js";

/** What a handler gets: a `mysql2/promise` connection. The middleware releases it after the invocation. */
export type Mysql2Connection = Connection;

/** These methods return promises, so a late call of them rejects. All others throw. */
const PROMISING = new Set<string | symbol>([
  "query",
  "execute",
  "beginTransaction",
  "commit",
  "rollback",
  "ping",
  "changeUser",
  "reset",
  "connect",
]);

/**
 * Makes an invocation's view of a connection with mysql2's promise wrapper. The connection without promises below it, which some
 * libraries use, and prepared statements become views that are revoked together with it.
 *
 * @param PromiseClass what its methods return; undefined for JavaScript's own
 */
export function createConnectionView(
  physical: PhysicalConnection,
  PromiseClass: PromiseConstructor | undefined,
): RevocableView<Mysql2Connection> {
  const wrapper = physical.promiseWrapper(PromiseClass);
  const statements: RevocableView<object>[] = [];
  const config = new LeaseConfig(physical);
  const members = new MemberViews(() => physical.markUnusable());
  const viewMember = (member: object): unknown => members.viewOf(member);

  const viewStatement: SharedParts["viewStatement"] = (statement, refuse) => {
    const statementView = createRevocableView(statement, {
      replacementOf: () => undefined,
      viewMember,
      refuse,
      cleanUp: () => undefined,
    });
    statements.push(statementView);
    if (isRevoked) statementView.revoke();
    return statementView.db;
  };
  const prepare = async (args: unknown[]): Promise<object> => {
    if (isRevoked) throw leaseEnded();
    return viewStatement(await Reflect.apply(wrapper.prepare, wrapper, args), refuseCall);
  };
  const Class = PromiseClass ?? Promise;
  const listeners = new ViewListeners(wrapper, () => view.db);
  const view = createRevocableView<Mysql2Connection>(wrapper, {
    replacementOf(property) {
      switch (property) {
        case "end":
        case Symbol.asyncDispose:
          return () => Promise.resolve();
        case "connection":
          callbackView ??= createCallbackView(physical, {
            promise: () => view.db,
            config,
            viewMember,
            viewStatement,
            isRevoked: () => isRevoked,
          });
          if (isRevoked) callbackView.revoke();
          return callbackView.db;
        case "config":
          return config.copy();
        case "prepare":
          return (...args: unknown[]) => handledOnceRevoked(Class.resolve(prepare(args)), () => isRevoked);
        default:
          return listeners.member(property) ?? closingMethod(physical, property);
      }
    },
    viewMember,
    onCall: (property) => noteCall(physical, property),
    refuse: refuseCall,
    cleanUp: () => listeners.cleanUp(),
  });

  let callbackView: RevocableView<CallbackConnection> | undefined;
  let isRevoked = false;
  return {
    db: view.db,
    revoke() {
      isRevoked = true;
      for (const statement of statements) statement.revoke();
      callbackView?.revoke();
      members.revoke();
      view.revoke();
      config.restore();
    },
  };
}

/** What the views of one lease share. */
interface SharedParts {
  promise(): Mysql2Connection;
  readonly config: LeaseConfig;
  viewMember(member: object): unknown;
  /** @param refuse what its methods do once the lease has ended */
  viewStatement(statement: object, refuse: (method: string | symbol) => unknown): object;
  isRevoked(): boolean;
}

/** A view of the connection whose methods take callbacks. */
function createCallbackView(
  physical: PhysicalConnection,
  { promise, config, viewMember, viewStatement, isRevoked }: SharedParts,
): RevocableView<CallbackConnection> {
  const { connection } = physical;
  const refuse = (): never => {
    throw leaseEnded();
  };
  const prepare = (sql: unknown, callback?: unknown): unknown => {
    if (isRevoked()) refuse();
    const answer =
      typeof callback === "function"
        ? (error: unknown, statement?: object) =>
            callback(error, statement && viewStatement(statement, refuse))
        : callback;
    return Reflect.apply(connection.prepare, connection, [sql, answer]);
  };
  const listeners = new ViewListeners(connection, () => view.db);
  const view = createRevocableView(connection, {
    replacementOf(property) {
      switch (property) {
        case "end":
          return (callback?: () => void) => callback && nextTick(callback);
        case "promise":
          return promise;
        case "config":
          return config.copy();
        case "prepare":
          return prepare;
        case Symbol.dispose:
          return () => undefined;
        default:
          return listeners.member(property) ?? closingMethod(physical, property);
      }
    },
    viewMember,
    onCall: (property) => noteCall(physical, property),
    refuse,
    cleanUp: () => listeners.cleanUp(),
  });
  return view;
}

/** Replaces the methods that would close the connection, which outlives the invocation. */
function closingMethod(physical: PhysicalConnection, property: string | symbol): unknown {
  if (property === "release") return () => undefined;
  return property === "destroy" ? () => physical.markUnusable() : undefined;
}

/** The next invocation must not get a connection that has changed its user or database. */
function noteCall(physical: PhysicalConnection, property: string | symbol): void {
  if (property === "changeUser") physical.markUnusable();
}

function refuseCall(property: string | symbol): Promise<never> {
  if (PROMISING.has(property)) return Promise.reject(leaseEnded());
  throw leaseEnded();
}
