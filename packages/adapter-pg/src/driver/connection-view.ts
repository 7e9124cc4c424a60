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
import { internalsOf, type TypeOverrides } from "./pg-internals.js";
import { callbackOf, isSubmittable } from "./query-queue.js";

/** What a handler gets: a complete `pg.PoolClient`. The middleware releases it after the invocation. */
export type PgConnection = pg.PoolClient;

/** Creates an invocation's view of a client. Its listeners, type parsers and other changes end with the lease. */
export function createConnectionView(client: RdsProxyClient): RevocableView<PgConnection> {
  const listeners = new ViewListeners(client, () => view.db);
  const members = new MemberViews(() => client.markUnusable());
  const parsers = new LeaseTypeParsers(client);
  const view = createRevocableView<PgConnection>(client, {
    replacementOf(property) {
      switch (property) {
        case "end":
          // The connection outlives the invocation.
          return (callback?: () => void) => (callback ? nextTick(callback) : Promise.resolve());
        case "release":
          return (error?: Error | boolean) => client.release(error);
        case "setTypeParser":
          parsers.copy();
          return undefined;
        case "_types":
          return parsers.copy();
        default:
          return listeners.member(property);
      }
    },
    viewMember: (member) => members.viewOf(member),
    refuse,
    cleanUp() {
      listeners.cleanUp();
      members.revoke();
      parsers.restore();
    },
  });
  return view;
}

/** The type parsers of a client during one lease. An invocation that sets some works on a copy. */
class LeaseTypeParsers {
  readonly #client: RdsProxyClient;
  #original: TypeOverrides | undefined;
  #isOver = false;

  constructor(client: RdsProxyClient) {
    this.#client = client;
  }

  /** The copy, which the client uses from the first call on. After the lease, a copy that the client does not read. */
  copy(): TypeOverrides {
    const internals = internalsOf(this.#client);
    if (this.#isOver) return copyOf(internals._types);
    if (!this.#original) {
      this.#original = internals._types;
      internals._types = copyOf(this.#original);
    }
    return internals._types;
  }

  /** Ends the lease. */
  restore(): void {
    this.#isOver = true;
    if (this.#original) internalsOf(this.#client)._types = this.#original;
  }
}

function copyOf(parsers: TypeOverrides): TypeOverrides {
  const copy: TypeOverrides = Object.create(Reflect.getPrototypeOf(parsers));
  return Object.assign(copy, parsers, { text: { ...parsers.text }, binary: { ...parsers.binary } });
}

/** Fails a late call as its caller expects: by its callback, its promise, or an exception. */
function refuse(property: string | symbol, args: readonly unknown[]): Promise<never> | undefined {
  const error = leaseEnded();
  if (property !== "query" || isSubmittable(args[0])) throw error;
  const callback = callbackOf(args);
  if (!callback) return Promise.reject(error);
  nextTick(callback, error);
  return undefined;
}
