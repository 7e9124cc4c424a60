import { nextTick } from "@rds-proxy/core/internal";
import type pg from "pg";
import type { PgOptions } from "./driver-options.js";
import { settingsOf } from "./pg-internals.js";

/** The progress of a client's queries. */
export interface QueryQueue {
  /** Whether any query is waiting, or was sent and its answer is not complete. */
  readonly isBusy: boolean;
  /** Whether the query that is being sent waited here when `markWaiting()` was called. */
  readonly isSendingMarked: boolean;
  markWaiting(): void;
}

/**
 * Queues queries that are issued in parallel: one is sent, the others wait here. node-postgres still queues them itself, but
 * warns that its next major version will not.
 *
 * The client emits 'drain' when the server has answered everything that was sent, streams included.
 *
 * @param options the client's `query_timeout`, which node-postgres starts when it sends a query, so the time in this queue is
 *   limited here; and its `Promise`
 * @param refusalOf the error of a query that must not be sent
 */
export function queueQueries(
  client: pg.Client,
  { query_timeout: queryTimeoutMs, Promise: PromiseClass = Promise }: PgOptions,
  refusalOf: (query: unknown) => Error | undefined,
): QueryQueue {
  const { query } = client;
  const send = (args: unknown[]): unknown => Reflect.apply(query, client, args);
  /** Functions that send the waiting queries. */
  const waiting: (() => void)[] = [];
  let marked = new WeakSet<() => void>();
  let isSendingMarked = false;
  let isBusy = false;
  let isClosed = false;

  const sendNext = (): void => {
    const next = waiting.shift();
    isBusy = next !== undefined;
    if (!next) return;
    isSendingMarked = marked.has(next);
    next();
    isSendingMarked = false;
  };
  const close = (): void => {
    isClosed = true;
    // node-postgres rejects each of them as a query on a lost connection.
    for (const next of waiting.splice(0)) next();
  };
  client.on("drain", sendNext);
  client.on("error", close);
  client.on("end", close);

  const sendOrFail = (args: unknown[], fail: (error: unknown) => void): unknown => {
    try {
      return send(args);
    } catch (error) {
      sendNext();
      return fail(error);
    }
  };

  /** @param fail called instead of `sendNow` if the query's timeout passes before its turn */
  const wait = (args: unknown[], sendNow: () => void, fail: (error: Error) => void): void => {
    // A query's own limit counts as in node-postgres, where 0 is none.
    const timeoutMs = Number(settingsOf(args[0])?.query_timeout || queryTimeoutMs);
    const giveUp = (): void => {
      waiting.splice(waiting.indexOf(sendInTime), 1);
      fail(new Error("Query read timeout"));
    };
    const timer = timeoutMs ? setTimeout(giveUp, timeoutMs) : undefined;
    const sendInTime = (): void => {
      clearTimeout(timer);
      sendNow();
    };
    waiting.push(sendInTime);
  };

  /** Fails as a query does, and not before `query()` has returned. */
  const refuse = (args: readonly unknown[], error: Error): unknown => {
    const [first] = args;
    const callback = callbackOf(args);
    if (isSubmittable(first)) nextTick(() => first.handleError?.(error, client.connection));
    else if (callback) nextTick(callback, error);
    else return new PromiseClass((_, reject) => reject(error));
    return isSubmittable(first) ? first : undefined;
  };

  const enqueue = (...args: unknown[]): unknown => {
    if (isClosed) return send(args);
    const refusal = refusalOf(args[0]);
    if (refusal) return refuse(args, refusal);
    const sendOrThrow = (): unknown => sendOrFail(args, rethrow);
    if (!isBusy) {
      isBusy = true;
      return sendOrThrow();
    }
    const [first] = args;
    if (isSubmittable(first)) {
      wait(args, sendOrThrow, (error) => first.handleError?.(error, client.connection));
      return first;
    }
    const callback = callbackOf(args);
    if (callback) {
      wait(args, sendOrThrow, callback);
      return undefined;
    }
    return new PromiseClass((resolve, reject) => {
      wait(args, () => resolve(sendOrFail(args, reject)), reject);
    });
  };
  Object.defineProperty(client, "query", { value: enqueue, configurable: true, writable: true });

  return {
    get isBusy() {
      return isBusy;
    },
    get isSendingMarked() {
      return isSendingMarked;
    },
    markWaiting() {
      marked = new WeakSet(waiting);
    },
  };
}

/** A query with its own methods for sending and failing: a cursor or a query stream. */
interface Submittable {
  submit(connection: unknown): void;
  handleError?(error: Error, connection: unknown): void;
}

/** Whether `query()` returns the argument itself at once: a cursor or a query stream. */
export function isSubmittable(query: unknown): query is Submittable {
  return (
    typeof query === "object" && query !== null && "submit" in query && typeof query.submit === "function"
  );
}

/** The callback, which is the last argument or a property of the first. With it, `query()` returns no promise. */
export function callbackOf(args: readonly unknown[]): ((error: Error) => void) | undefined {
  const [query, ...rest] = args;
  const callback: unknown =
    rest.findLast((argument) => typeof argument === "function") ?? settingsOf(query)?.callback;
  if (typeof callback !== "function") return undefined;
  return (error) => Reflect.apply(callback, undefined, [error]);
}

function rethrow(error: unknown): never {
  throw error;
}
