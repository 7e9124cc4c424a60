import middy from "@middy/core";
import { expect, vi } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";
import { lambdaContext } from "./lambda-context.js";

export function dirtyWork<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);
  test.each([
    ["returns", async () => undefined],
    [
      "throws",
      async () => {
        throw new Error("the handler's own");
      },
    ],
  ])(
    "a transaction that a handler leaves open when it %s is rolled back, and the connection kept",
    async (_, leave) => {
      const { invoke, createTable, rowCount, sessionId } = await createEnvironment(harness);
      const table = await createTable();
      const first = await sessionId();
      await invoke(async ({ query }) => {
        await query("begin");
        await query(`insert into ${table} values (1)`);
        await leave();
      }).catch((error: unknown) => expect(error).toHaveProperty("message", "the handler's own"));

      // The same connection would see its own row, were the transaction still open.
      expect(await rowCount(table)).toBe(0);
      expect(await sessionId()).toBe(first);
    },
  );

  test("a transaction that failed and was left is rolled back too", async () => {
    const { invoke } = await createEnvironment(harness);
    await expect(
      invoke(async ({ query }) => {
        await query("begin");
        await query("select * from there_is_no_such_table");
      }),
    ).rejects.toThrow(/there_is_no_such_table/);
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("statements that fail cost no connection", async () => {
    const { invoke, proxy } = await createEnvironment(harness);
    // Many, since a driver may tell of an error before the server has told of its end.
    for (let failures = 0; failures < 20; failures++) {
      await expect(invoke(({ query }) => query("select * from there_is_no_such_table"))).rejects.toThrow(
        /there_is_no_such_table/,
      );
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("what a handler writes onto its connection, the next invocation does not meet", async () => {
    const { invoke } = await createEnvironment(harness);
    const marked = await invoke(async ({ db }) => {
      const own = Object(db);
      const { query } = own;
      own.query = (...args: unknown[]) => Reflect.apply(query, own, args);
      own.tenant = "A";
      await harness.query(db, "select 1");
      return "tenant" in own;
    });
    expect(marked).toBe(true);
    expect(await invoke(async ({ db }) => Reflect.get(Object(db), "tenant"))).toBeUndefined();
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("a failure that nobody waits for any more ends no process", async () => {
    const { invoke, middleware } = await createEnvironment(harness);
    // The promise of the driver itself: one that is made from it is its maker's to handle.
    const send = (db: Db, statement: string): unknown => Reflect.get(Object(db), "query")(statement);
    const kept = await invoke(async ({ db }) => {
      send(db, harness.sql.sleep(30));
      return db;
    });
    send(kept, "select 1");
    await middleware.close();
    // Vitest fails a run in which a rejection goes unhandled.
    await new Promise((resolve) => setImmediate(resolve));
  });

  test("another middleware whose onError throws, so that ours never comes, leaks nothing", async () => {
    const { proxy, middleware, invoke } = await createEnvironment(harness);
    const failing = middy()
      .use(middleware)
      .onError(() => {
        throw new Error("the other's own");
      })
      .handler(async () => {
        throw new Error("the handler's own");
      });
    for (let i = 0; i < 3; i++) await expect(failing({}, lambdaContext())).rejects.toThrow("the other's own");
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("a query that nobody awaited costs the connection, not the next invocation", async () => {
    const { proxy, invoke, sessionId } = await createEnvironment(harness);
    const first = await sessionId();
    const { QueryRequests: sentBefore } = proxy.metrics();
    let abandoned: Promise<unknown> = Promise.resolve();
    await invoke(async ({ query }) => {
      abandoned = query(harness.sql.sleep(30)).catch((error: unknown) => error);
      // What an ORM has not sent when the handler ends, it never will.
      await expect.poll(() => proxy.metrics().QueryRequests).toBe(sentBefore + 1);
    });
    expect(await sessionId()).not.toBe(first);
    expect(await abandoned).toBeInstanceOf(Error);
  });

  test("after an early timeout the handler that goes on reaches nobody else's connection", async () => {
    const { middleware, invoke, sessionId } = await createEnvironment(harness);
    const first = await sessionId();
    const timedOut = Promise.withResolvers<void>();
    const late = Promise.withResolvers<unknown>();
    const handler = middy({ timeoutEarlyInMillis: 10 })
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        await timedOut.promise;
        late.resolve(harness.query(db, "select 1").catch((error: unknown) => error));
      });
    await expect(handler({}, lambdaContext(100))).rejects.toMatchObject({ name: "TimeoutError" });
    timedOut.resolve();

    expect(await sessionId()).not.toBe(first);
    expect(await late.promise).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("an early timeout with a query in flight costs the connection", async () => {
    const { middleware, sessionId } = await createEnvironment(harness);
    const first = await sessionId();
    const handler = middy({ timeoutEarlyInMillis: 10 })
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        await harness.query(db, harness.sql.sleep(30)).catch(() => undefined);
      });
    await expect(handler({}, lambdaContext(100))).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await sessionId()).not.toBe(first);
  });

  test("a connection that was kept for later use is of no use later", async () => {
    const { invoke } = await createEnvironment(harness);
    const kept = await invoke(async ({ query }) => query);
    await expect(kept("select 1")).rejects.toMatchObject({
      code: "RDS_PROXY_LEASE_ENDED",
      message: expect.stringMatching(/Await every query/),
    });
  });

  test("another middleware that answers early, so that no `after` comes, leaks nothing", async () => {
    const { proxy, middleware, invoke } = await createEnvironment(harness);
    const early = middy()
      .use(middleware)
      .before(() => "answered early")
      .handler(async () => "not reached");
    for (let i = 0; i < 3; i++) expect(await early({}, lambdaContext())).toBe("answered early");
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("an invocation that never came back is cleaned up when the next one begins in Lambda", async () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "test");
    const { middleware, invoke, createTable, rowCount } = await createEnvironment(harness);
    vi.unstubAllEnvs();
    const table = await createTable();
    const isSuspended = Promise.withResolvers<void>();
    middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        await harness.query(db, "begin");
        await harness.query(db, `insert into ${table} values (1)`);
        isSuspended.resolve();
        await new Promise(() => undefined);
      })({}, lambdaContext())
      // Middy gives up on it in the end, long after this test.
      .catch(() => undefined);
    await isSuspended.promise;

    expect(await rowCount(table)).toBe(0);
    // Waits for ever on a transaction that is open on any connection, where counting rows does not.
    await invoke(({ query }) => query(`truncate table ${table}`));
  });
}
