import { PassThrough, Readable, Writable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import middy7 from "@middy/core";
import { executionModeStreamifyResponse } from "@middy/core/StreamifyResponse";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import middy6 from "middy-6";
import QueryStream from "pg-query-stream";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";

let proxy: LocalProxy;
beforeEach(async () => {
  proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
});
afterEach(() => proxy.close());

function createMiddleware() {
  const middleware = rdsProxy(connectTo(proxy));
  onTestFinished(() => middleware.close());
  return middleware;
}

/** What both majors have in common, in the types of the newer one. */
type Middy = typeof middy7;

const majors = [
  { name: "Middy 7", middy: middy7, streaming: { executionMode: executionModeStreamifyResponse } },
  { name: "Middy 6", middy: middy6 as Middy, streaming: { streamifyResponse: true } as object },
];

describe.each(majors)("$name", ({ middy, streaming }) => {
  test("a handler's result and its error pass through unchanged", async () => {
    const middleware = createMiddleware();
    const good = middy()
      .use(middleware)
      .handler(async (_event, { db }) => (await db.query("select 1 as one")).rows);
    expect(await good({}, lambdaContext())).toEqual([{ one: 1 }]);

    const error = new Error("the handler's own");
    const bad = middy()
      .use(middleware)
      .handler(async () => {
        throw error;
      });
    await expect(bad({}, lambdaContext())).rejects.toBe(error);
    expect(await good({}, lambdaContext())).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("an error of the middleware reaches the onError of others, with no connection to clean up", async () => {
    const middleware = createMiddleware();
    proxy.faults.failConnects("no-credentials");
    const handler = middy()
      .onError(({ error }) => ({ code: error && "code" in error ? error.code : undefined }))
      .use(middleware)
      .handler(async () => undefined);
    expect(await handler({}, lambdaContext())).toEqual({ code: "RDS_PROXY_REFUSED" });
  });

  test("a request of the handler that took too long does not cost the connection", async () => {
    const middleware = createMiddleware();
    const handler = middy()
      .use(middleware)
      .handler(async (_event, { db }) => {
        await db.query("select 1");
        // As `fetch(url, { signal: AbortSignal.timeout(1) })` does when a third party is slow.
        const signal = AbortSignal.timeout(1);
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      });
    for (let invocation = 0; invocation < 3; invocation++) {
      await expect(handler({}, lambdaContext())).rejects.toMatchObject({ name: "TimeoutError" });
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test.each([
    ["NaN", () => Number.NaN],
    ["an object", () => ({})],
    ["a text", () => "3000"],
    [
      "an error",
      () => {
        throw new Error("Method not implemented.");
      },
    ],
  ])("a remaining time that is %s does not cause rapid retries", async (_, getRemainingTimeInMillis) => {
    const middleware = createMiddleware();
    const context = Object.assign(lambdaContext(), { getRemainingTimeInMillis });
    // Middy itself takes the answer as it is.
    const handler = middy({ timeoutEarlyInMillis: 0 })
      .use(middleware)
      .handler(async (_event, { db }) => (await db.query("select 1 as one")).rows);
    const invoke = () => Reflect.apply(handler, undefined, [{}, context]);
    expect(await invoke()).toEqual([{ one: 1 }]);
    proxy.faults.killConnections("fin");
    proxy.faults.failConnects("exhausted", { times: 3 });
    expect(await invoke()).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(5);
  });

  test("a context may be an instance of a class", async () => {
    class HostContext {
      readonly awsRequestId = "1";
      readonly #endsAt = Date.now() + 10_000;

      getRemainingTimeInMillis(): number {
        return this.#endsAt - Date.now();
      }
    }
    const handler = middy({ timeoutEarlyInMillis: 0 })
      .use(createMiddleware())
      .handler(async (_event, { db }) => (await db.query("select 1 as one")).rows);
    expect(await Reflect.apply(handler, undefined, [{}, new HostContext()])).toEqual([{ one: 1 }]);
  });

  test("hooks have names for Middy's profiler", async () => {
    const names: string[] = [];
    const handler = middy({ beforeMiddleware: (name) => names.push(name) })
      .use(createMiddleware())
      .handler(async () => undefined);
    await handler({}, lambdaContext());
    expect(names).toEqual(["rdsProxyBefore", "rdsProxyAfter"]);
  });

  test.each([
    ["a Node stream", (rows: Readable) => rows],
    ["a web stream", (rows: Readable) => ReadableStream.from(rows)],
    ["the body of an HTTP response", (rows: Readable) => ({ statusCode: 200, headers: {}, body: rows })],
  ])("in streaming mode the connection stays until %s has ended", async (_kind, respond) => {
    vi.stubGlobal("awslambda", {
      streamifyResponse: (handler: unknown) => handler,
      HttpResponseStream: { from: (stream: unknown) => stream },
    });
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
    const middleware = createMiddleware();
    const handler = middy(streaming)
      .use(middleware)
      .handler(async (_event, { db }) => {
        const rows = db.query(
          new QueryStream("select i from generate_series(1, 1000) i", [], { batchSize: 10 }),
        );
        const lines = new PassThrough({ writableObjectMode: true });
        rows.on("data", ({ i }: { i: number }) => lines.write(`${i}\n`));
        rows.on("end", () => lines.end());
        rows.on("error", (error: Error) => lines.destroy(error));
        return respond(lines);
      });

    const received: string[] = [];
    const response = new Writable({
      write(chunk: Buffer, _encoding, done) {
        received.push(chunk.toString());
        done();
      },
    });
    await Reflect.apply(handler, undefined, [{}, response, lambdaContext()]);
    expect(received.join("").trim().split("\n")).toHaveLength(1000);

    const next = middy()
      .use(middleware)
      .handler(async (_event, { db }) => (await db.query("select 1 as one")).rows);
    expect(await next({}, lambdaContext())).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("in streaming mode a reader that goes away gives the connection back or ends it", async () => {
    vi.stubGlobal("awslambda", { streamifyResponse: (handler: unknown) => handler });
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
    const middleware = createMiddleware();
    const handler = middy(streaming)
      .use(middleware)
      .handler(async (_event, { db }) => {
        const rows = db.query(
          new QueryStream("select i from generate_series(1, 1000000) i", [], { batchSize: 10 }),
        );
        return Readable.from(rows).map(({ i }: { i: number }) => `${i}\n`);
      });
    const gone = new Writable({
      write(_chunk, _encoding, done) {
        done(new Error("the reader went away"));
      },
    });
    await expect(Reflect.apply(handler, undefined, [{}, gone, lambdaContext()])).rejects.toThrow("went away");

    const next = middy()
      .use(middleware)
      .handler(async (_event, { db }) => (await db.query("select 1 as one")).rows);
    expect(await next({}, lambdaContext())).toEqual([{ one: 1 }]);
  });
});
