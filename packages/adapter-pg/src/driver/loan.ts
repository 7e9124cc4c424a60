import {
  createRevocableView,
  leaseEnded,
  MemberViews,
  type RevocableView,
  ViewListeners,
} from "@rds-proxy/core/adapter";
import { nextTick } from "@rds-proxy/core/internal";
import type pg from "pg";
import type { RdsProxyClient } from "./client.js";
import { callbackOf, isSubmittable } from "./query-queue.js";

/** What a handler gets: all of a `pg.PoolClient`, closed and given back by the middleware. */
export type PgConnection = pg.PoolClient;

/** Lends a client to one invocation; listeners, type parsers and what else it leaves on the client go with the loan. */
export function lendClient(client: RdsProxyClient): RevocableView<PgConnection> {
  const listeners = new ViewListeners(client, () => loan.db);
  const members = new MemberViews(() => client.poison());
  const parsers = new BorrowedTypeParsers(client);
  const loan = createRevocableView<PgConnection>(client, {
    replacementOf(property) {
      switch (property) {
        case "end":
          // The connection outlives the invocation.
          return (callback?: () => void) => (callback ? nextTick(callback) : Promise.resolve());
        case "release":
          // As in pg.Pool, an error means: not to be used again.
          return (error?: Error | boolean) => client.release(error);
        case "setTypeParser":
          parsers.borrow();
          return undefined;
        case "_types":
          return parsers.borrow();
        default:
          return listeners.member(property);
      }
    },
    viewMember: (member) => members.viewOf(member),
    refuse,
    cleanUp() {
      listeners.cleanUp();
      members.revoke();
      parsers.giveBack();
    },
  });
  return loan;
}

/**
 * A client's own type parsers, which node-postgres keeps in an object of maps. An invocation that sets some gets a copy of
 * it for its time.
 */
class BorrowedTypeParsers {
  readonly #client: RdsProxyClient;
  #owners: object | undefined;
  #isOver = false;

  constructor(client: RdsProxyClient) {
    this.#client = client;
  }

  /** The copy, which is in the client from now on; afterwards one that the client does not read. */
  borrow(): unknown {
    // Neither this nor the properties below are part of node-postgres's types.
    const present: unknown = Reflect.get(this.#client, "_types");
    if (this.#owners && !this.#isOver) return present;
    const copy = copyOf(Object(present));
    if (this.#isOver) return copy;
    this.#owners = Object(present);
    Reflect.set(this.#client, "_types", copy);
    return copy;
  }

  giveBack(): void {
    this.#isOver = true;
    if (this.#owners) Reflect.set(this.#client, "_types", this.#owners);
  }
}

function copyOf(parsers: object): object {
  const copy: object = Object.create(Reflect.getPrototypeOf(parsers));
  for (const [name, value] of Object.entries(parsers)) {
    const isMap = name === "text" || name === "binary";
    Reflect.set(copy, name, isMap ? { ...value } : value);
  }
  return copy;
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
