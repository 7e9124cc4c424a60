import pg from "pg";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PgOptions } from "./driver-options.js";
import { callbackOf, isSubmittable, type QueryQueue, queueQueries } from "./query-queue.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A client whose queries are queued, and which answers when the test says so. */
function queue(options: PgOptions = {}, refusalOf: (query: unknown) => Error | undefined = () => undefined) {
  const client = new pg.Client();
  const send = vi.fn((query: unknown): unknown => `sent ${query}`);
  Object.assign(client, { query: send });
  const queries: QueryQueue = queueQueries(client, options, refusalOf);
  return {
    client,
    queries,
    send,
    query: (...args: unknown[]): unknown => Reflect.apply(client.query, client, args),
    sent: () => send.mock.calls.splice(0).map(([query]) => query),
    /** The server has answered what was sent. */
    answer: () => client.emit("drain"),
  };
}

const submittable = () => ({ submit: () => undefined, handleError: vi.fn() });

describe("queries in parallel", () => {
  it("are sent one after the other, in their order, with all arguments", async () => {
    const { answer, client, queries, query, send, sent } = queue();
    expect(queries.isBusy).toBe(false);
    expect(query("one", [1])).toBe("sent one");
    expect(queries.isBusy).toBe(true);
    const cursor = submittable();
    const callback = vi.fn();
    const promised = query("two", [2]);
    expect(query(cursor)).toBe(cursor);
    expect(query("four", callback)).toBeUndefined();
    expect(send.mock.calls).toEqual([["one", [1]]]);
    answer();
    await expect(promised).resolves.toBe("sent two");
    answer();
    answer();
    expect(send.mock.calls).toEqual([["one", [1]], ["two", [2]], [cursor], ["four", callback]]);
    expect(new Set(send.mock.contexts)).toEqual(new Set([client]));
    expect(queries.isBusy).toBe(true);
    answer();
    expect(queries.isBusy).toBe(false);
    query("five");
    expect(sent()).toContain("five");
    expect(callback).not.toHaveBeenCalled();
    expect(cursor.handleError).not.toHaveBeenCalled();
  });

  it.each(["error", "end"])(
    "all go to node-postgres on a lost connection, which fails them: '%s'",
    (event) => {
      const error = new Error("It may not be sent.");
      let refused: Error | undefined;
      const { client, query, sent } = queue({}, () => refused);
      for (const text of ["one", "two", "three"]) void query(text);
      expect(sent()).toEqual(["one"]);
      client.emit(event, new Error("lost"));
      expect(sent()).toEqual(["two", "three"]);
      refused = error;
      expect(query("four")).toBe("sent four");
      expect(query("five")).toBe("sent five");
    },
  );

  it("go on after one that cannot be sent", async () => {
    const { answer, queries, query, send, sent } = queue();
    const unsendable = new Error("no query");
    const fail = () => {
      throw unsendable;
    };
    send.mockImplementationOnce(fail);
    expect(() => query("one")).toThrow(unsendable);
    expect(queries.isBusy).toBe(false);
    query("two");
    const three = query("three");
    void query("four");
    expect(sent()).toEqual(["one", "two"]);
    send.mockImplementationOnce(fail);
    answer();
    await expect(three).rejects.toBe(unsendable);
    expect(sent()).toEqual(["three", "four"]);
  });

  it("belong to the connection if they waited when they were marked", () => {
    const { answer, queries, query, send } = queue();
    const marked: unknown[] = [];
    send.mockImplementation((text) => {
      if (queries.isSendingMarked) marked.push(text);
    });
    void query("one");
    void query("two");
    queries.markWaiting();
    void query("three");
    for (let turn = 0; turn < 3; turn++) {
      answer();
      expect(queries.isSendingMarked).toBe(false);
    }
    expect(marked).toEqual(["two"]);
  });

  it("are of the class that the option `Promise` names", () => {
    class OwnPromise<T> extends Promise<T> {}
    const { query } = queue({ Promise: OwnPromise });
    query("one");
    expect(query("two")).toBeInstanceOf(OwnPromise);
    const refusing = queue({ Promise: OwnPromise }, () => new Error("It may not be sent.")).query("one");
    expect(refusing).toBeInstanceOf(OwnPromise);
    return expect(refusing).rejects.toThrow("It may not be sent.");
  });
});

describe("a query that waits for its turn", () => {
  const timedOut = expect.objectContaining({ message: "Query read timeout" });

  it.each([
    ["the client's limit", { query_timeout: 100 }, { text: "two" }, 100],
    ["its own, which precedes", { query_timeout: 1000 }, { text: "two", query_timeout: 100 }, 100],
    ["its own without the client's", {}, { text: "two", query_timeout: 100 }, 100],
    ["the client's if its own is 0", { query_timeout: 100 }, { text: "two", query_timeout: 0 }, 100],
  ])("fails after %s, and is not sent any more", async (_, options, settings, ms) => {
    const { answer, query, sent } = queue(options);
    void query("one");
    void query("before");
    const refused = expect(query(settings)).rejects.toEqual(timedOut);
    sent();
    answer();
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await refused;
    const last = query("last");
    answer();
    await expect(last).resolves.toBe("sent last");
    expect(sent()).toEqual(["before", "last"]);
  });

  it("fails as its kind does", async () => {
    const { client, query } = queue({ query_timeout: 100 });
    void query("one");
    const callback = vi.fn();
    const own = vi.fn();
    const cursor = submittable();
    void query("two", callback);
    void query({ text: "three", callback: own });
    void query(cursor);
    void query({ submit: () => undefined });
    await vi.advanceTimersByTimeAsync(100);
    expect(callback.mock.calls).toEqual([[timedOut]]);
    expect(own.mock.calls).toEqual([[timedOut]]);
    expect(cursor.handleError.mock.calls).toEqual([[timedOut, client.connection]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer when it is sent, and has none without a limit", () => {
    const limited = queue({ query_timeout: 100 });
    void limited.query("one");
    void limited.query("two");
    expect(vi.getTimerCount()).toBe(1);
    limited.answer();
    expect(vi.getTimerCount()).toBe(0);
    const { query } = queue();
    void query("one");
    void query("two");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a query that is refused", () => {
  const error = new Error("It may not be sent.");

  it("fails as its kind does, after query() has returned, and occupies no turn", async () => {
    const refusalOf = vi.fn((query: unknown) => (query === "one" ? undefined : error));
    const { client, queries, query, sent } = queue({}, refusalOf);
    const callback = vi.fn();
    const cursor = submittable();
    await expect(query("two")).rejects.toBe(error);
    expect(query("three", callback)).toBeUndefined();
    expect(query(cursor)).toBe(cursor);
    const silent = { submit: () => undefined };
    expect(query(silent)).toBe(silent);
    expect(callback).not.toHaveBeenCalled();
    expect(cursor.handleError).not.toHaveBeenCalled();
    await new Promise(setImmediate);
    expect(callback.mock.calls).toEqual([[error]]);
    expect(cursor.handleError.mock.calls).toEqual([[error, client.connection]]);
    expect(refusalOf.mock.calls).toEqual([["two"], ["three"], [cursor], [silent]]);
    expect(queries.isBusy).toBe(false);
    expect(sent()).toEqual([]);
  });
});

it("a tracing library may replace the method that queues, and restore it", () => {
  const { client, query, sent } = queue();
  const queued = client.query;
  Object.assign(client, { query: () => "traced" });
  expect(query("one")).toBe("traced");
  Object.defineProperty(client, "query", { value: queued, configurable: true, writable: true });
  expect(query("one")).toBe("sent one");
  Reflect.defineProperty(client, "query", { get: () => queued });
  expect(sent()).toEqual(["one"]);
});

it.each([
  [{ submit: () => undefined }, true],
  [{ submit: "text" }, false],
  [{ text: "select 1" }, false],
  ["select 1", false],
  [() => undefined, false],
  [null, false],
  [undefined, false],
])("%o is submittable: %s", (query, expected) => {
  expect(isSubmittable(query)).toBe(expected);
});

describe("the callback of a query", () => {
  const callback = vi.fn();
  const error = new Error("It has failed.");

  it.each([
    ["is the last argument", ["select 1", callback]],
    ["is the last argument after values", ["select $1", [1], callback]],
    ["is before an argument that is none", ["select 1", callback, undefined]],
    ["is a property of the first", [{ text: "select 1", callback }]],
    ["is a property of the first beside values", [{ text: "select $1", callback }, [1]]],
  ])("%s", (_, args) => {
    callback.mockClear();
    callbackOf(args)?.(error);
    expect(callback.mock.calls).toEqual([[error]]);
  });

  it.each([
    ["a text", ["select 1"]],
    ["values", ["select $1", [1]]],
    ["a callback that is no function", [{ text: "select 1", callback: "none" }]],
    ["a function as the query", [() => undefined]],
  ])("is not found in %s", (_, args) => {
    expect(callbackOf(args)).toBeUndefined();
  });
});
