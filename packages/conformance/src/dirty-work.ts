import middy from "@middy/core";
import { expect, vi } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";
import { invokeHandler } from "./invoke-handler.js";

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
    "a transaction that is open when the handler %s is rolled back, and the connection is kept",
    async (_, leave) => {
      const { invoke, createTable, rowCount, clientConnectionId } = await createEnvironment(harness);
      const table = await createTable();
      const first = await clientConnectionId();
      await invoke(async ({ query }) => {
        await query("begin");
        await query(`insert into ${table} values (1)`);
        await leave();
      }).catch((error: unknown) => expect(error).toHaveProperty("message", "the handler's own"));

      // In an open transaction, the same connection would see its own row.
      expect(await rowCount(table)).toBe(0);
      expect(await clientConnectionId()).toBe(first);
    },
  );

  test("a failed transaction is rolled back too", async () => {
    const { invoke } = await createEnvironment(harness);
    await expect(
      invoke(async ({ query }) => {
        await query("begin");
        await query("select * from there_is_no_such_table");
      }),
    ).rejects.toThrow(/there_is_no_such_table/);
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("failed statements do not destroy the connection", async () => {
    const { invoke, proxy } = await createEnvironment(harness);
    // Many: drivers reject on the error message, before the server reports the transaction state.
    for (let failures = 0; failures < 20; failures++) {
      await expect(invoke(({ query }) => query("select * from there_is_no_such_table"))).rejects.toThrow(
        /there_is_no_such_table/,
      );
    }
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("properties that a handler sets on its connection do not reach the next invocation", async () => {
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

  test("a rejection without a handler does not end the process when its lease has ended", async () => {
    const { invoke, middleware } = await createEnvironment(harness);
    // The driver's own promise. A promise derived from it would need its own handler.
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

  test("a throwing onError of another middleware, which skips ours, leaks no connection", async () => {
    const { proxy, middleware, invoke } = await createEnvironment(harness);
    const failing = middy()
      .use(middleware)
      .onError(() => {
        throw new Error("the other middleware's own");
      })
      .handler(async () => {
        throw new Error("the handler's own");
      });
    for (let i = 0; i < 3; i++)
      await expect(invokeHandler(harness, failing)).rejects.toThrow("the other middleware's own");
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("a query that was not awaited destroys the connection and does not disturb the next invocation", async () => {
    const { proxy, invoke, clientConnectionId } = await createEnvironment(harness);
    const first = await clientConnectionId();
    const { QueryRequests: sentBefore } = proxy.metrics();
    let abandoned: Promise<unknown> = Promise.resolve();
    await invoke(async ({ query }) => {
      abandoned = query(harness.sql.sleep(30)).catch((error: unknown) => error);
      // An ORM does not send a statement after the handler has ended.
      await expect.poll(() => proxy.metrics().QueryRequests).toBe(sentBefore + 1);
    });
    expect(await clientConnectionId()).not.toBe(first);
    expect(await abandoned).toBeInstanceOf(Error);
  });

  test("after an early timeout, the running handler cannot reach the next invocation's connection", async () => {
    const { middleware, invoke, clientConnectionId } = await createEnvironment(harness);
    const first = await clientConnectionId();
    const timedOut = Promise.withResolvers<void>();
    const late = Promise.withResolvers<unknown>();
    const handler = middy({ timeoutEarlyInMillis: 10 })
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        await timedOut.promise;
        late.resolve(harness.query(db, "select 1").catch((error: unknown) => error));
      });
    await expect(invokeHandler(harness, handler, 100)).rejects.toMatchObject({ name: "TimeoutError" });
    timedOut.resolve();

    expect(await clientConnectionId()).not.toBe(first);
    expect(await late.promise).toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("an early timeout during a query destroys the connection", async () => {
    const { middleware, clientConnectionId } = await createEnvironment(harness);
    const first = await clientConnectionId();
    const handler = middy({ timeoutEarlyInMillis: 10 })
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        await harness.query(db, harness.sql.sleep(30)).catch(() => undefined);
      });
    await expect(invokeHandler(harness, handler, 100)).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await clientConnectionId()).not.toBe(first);
  });

  test("a connection that outlives its invocation rejects queries", async () => {
    const { invoke } = await createEnvironment(harness);
    const kept = await invoke(async ({ query }) => query);
    await expect(kept("select 1")).rejects.toMatchObject({
      code: "RDS_PROXY_LEASE_ENDED",
      message: expect.stringMatching(/Await every query/),
    });
  });

  test("an early response of another middleware, which skips `after`, leaks no connection", async () => {
    const { proxy, middleware, invoke } = await createEnvironment(harness);
    const early = middy()
      .use(middleware)
      .before(() => "answered early")
      .handler(async () => "not reached");
    for (let i = 0; i < 3; i++) expect(await invokeHandler(harness, early)).toBe("answered early");
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("in Lambda, an invocation that did not end is cleaned up when the next one begins", async () => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "test");
    const { middleware, invoke, createTable, rowCount } = await createEnvironment(harness);
    vi.unstubAllEnvs();
    const table = await createTable();
    const isSuspended = Promise.withResolvers<void>();
    const suspending = middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        await harness.query(db, "begin");
        await harness.query(db, `insert into ${table} values (1)`);
        isSuspended.resolve();
        await new Promise(() => undefined);
      });
    invokeHandler(harness, suspending)
      // Middy times it out long after this test.
      .catch(() => undefined);
    await isSuspended.promise;

    expect(await rowCount(table)).toBe(0);
    // Truncating waits for every open transaction on the table; counting rows does not.
    await invoke(({ query }) => query(`truncate table ${table}`));
  });
}
