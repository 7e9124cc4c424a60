import type pg from "pg";

/** How far a client's queries have come. */
export interface QueryQueue {
  /** Whether a query was sent or is waiting whose answer is not complete. */
  readonly isBusy: boolean;
}

/**
 * Lets queries be issued in parallel: one is sent, the others wait here. node-postgres would queue them itself,
 * but warns that it will stop doing so in its next major version.
 *
 * The client's 'drain' event tells that the server is done with everything that was sent, streams included.
 */
export function queueQueries(client: pg.Client): QueryQueue {
  const { query } = client;
  const send = (args: unknown[]): unknown => Reflect.apply(query, client, args);
  const waiting: (() => void)[] = [];
  let isBusy = false;
  let isClosed = false;

  const sendNext = (): void => {
    const next = waiting.shift();
    isBusy = next !== undefined;
    next?.();
  };
  const close = (): void => {
    isClosed = true;
    // node-postgres refuses each of them with the error that a query on a dead connection gets.
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

  const enqueue = (...args: unknown[]): unknown => {
    if (isClosed) return send(args);
    if (!isBusy) {
      isBusy = true;
      return sendOrFail(args, rethrow);
    }
    if (isSubmittable(args[0])) {
      waiting.push(() => sendOrFail(args, rethrow));
      return args[0];
    }
    if (hasCallback(args)) {
      waiting.push(() => sendOrFail(args, rethrow));
      return undefined;
    }
    return new Promise((resolve, reject) => {
      waiting.push(() => resolve(sendOrFail(args, reject)));
    });
  };
  Object.defineProperty(client, "query", { value: enqueue, configurable: true, writable: true });

  return {
    get isBusy() {
      return isBusy;
    },
  };
}

/** Cursors and query streams bring their own way of sending themselves and are returned at once. */
export function isSubmittable(query: unknown): boolean {
  return (
    typeof query === "object" && query !== null && "submit" in query && typeof query.submit === "function"
  );
}

/** The last of the arguments, or a property of the first, may be a callback; then no promise is returned. */
export function hasCallback(args: readonly unknown[]): boolean {
  const [query] = args;
  if (typeof query === "object" && query !== null && "callback" in query && query.callback) return true;
  return args.slice(1).some((argument) => typeof argument === "function");
}

function rethrow(error: unknown): never {
  throw error;
}
