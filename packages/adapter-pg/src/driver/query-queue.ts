import type pg from "pg";

/** How far a client's queries have come. */
export interface QueryQueue {
  /** Whether a query was sent or is waiting whose answer is not complete. */
  readonly isBusy: boolean;
}

/** A query that waits for its turn. */
interface Waiting {
  send(): void;
  /** Fails it without having sent it. */
  fail(error: Error): void;
}

/**
 * Lets queries be issued in parallel: one is sent, the others wait here. node-postgres would queue them itself,
 * but warns that it will stop doing so in its next major version.
 *
 * The client's 'drain' event tells that the server is done with everything that was sent, streams included.
 *
 * @param queryTimeoutMs the client's `query_timeout`, which node-postgres counts from the sending of a query on; the
 *   time that a query waits here counts, too
 */
export function queueQueries(client: pg.Client, queryTimeoutMs: number | undefined): QueryQueue {
  const { query } = client;
  const send = (args: unknown[]): unknown => Reflect.apply(query, client, args);
  const waiting: Waiting[] = [];
  let isBusy = false;
  let isClosed = false;

  const sendNext = (): void => {
    const next = waiting.shift();
    isBusy = next !== undefined;
    next?.send();
  };
  const close = (): void => {
    isClosed = true;
    // node-postgres refuses each of them with the error that a query on a dead connection gets.
    for (const next of waiting.splice(0)) next.send();
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

  const wait = (args: unknown[], item: Waiting): void => {
    const timeoutMs = timeoutOf(args[0]) ?? queryTimeoutMs;
    if (!timeoutMs) {
      waiting.push(item);
      return;
    }
    const timed: Waiting = {
      ...item,
      send() {
        clearTimeout(timer);
        item.send();
      },
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(timed), 1);
      item.fail(new Error("Query read timeout"));
    }, timeoutMs);
    waiting.push(timed);
  };

  const enqueue = (...args: unknown[]): unknown => {
    if (isClosed) return send(args);
    if (!isBusy) {
      isBusy = true;
      return sendOrFail(args, rethrow);
    }
    const [first] = args;
    if (isSubmittable(first)) {
      const fail = (error: Error): void => first.handleError?.(error, client.connection);
      wait(args, { send: () => sendOrFail(args, rethrow), fail });
      return first;
    }
    const callback = callbackOf(args);
    if (callback) {
      wait(args, { send: () => sendOrFail(args, rethrow), fail: (error) => callback(error) });
      return undefined;
    }
    return new Promise((resolve, reject) => {
      wait(args, { send: () => resolve(sendOrFail(args, reject)), fail: reject });
    });
  };
  Object.defineProperty(client, "query", { value: enqueue, configurable: true, writable: true });

  return {
    get isBusy() {
      return isBusy;
    },
  };
}

/** A query that brings its own way of being sent and of failing: a cursor or a query stream. */
interface Submittable {
  submit(connection: unknown): void;
  handleError?(error: Error, connection: unknown): void;
}

/** Cursors and query streams are returned at once. */
export function isSubmittable(query: unknown): query is Submittable {
  return (
    typeof query === "object" && query !== null && "submit" in query && typeof query.submit === "function"
  );
}

/** The last of the arguments, or a property of the first, may be a callback; then no promise is returned. */
export function callbackOf(args: readonly unknown[]): ((error: Error) => void) | undefined {
  const [query, ...rest] = args;
  const callback: unknown =
    rest.findLast((argument) => typeof argument === "function") ?? Reflect.get(Object(query), "callback");
  if (typeof callback !== "function") return undefined;
  return (error) => Reflect.apply(callback, undefined, [error]);
}

/** A query's own `query_timeout`. */
function timeoutOf(query: unknown): number | undefined {
  const timeoutMs: unknown = Reflect.get(Object(query), "query_timeout");
  return typeof timeoutMs === "number" ? timeoutMs : undefined;
}

function rethrow(error: unknown): never {
  throw error;
}
