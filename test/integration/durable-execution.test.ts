import type { DurableContext } from "@aws/durable-execution-sdk-js";
import { LocalDurableTestRunner } from "@aws/durable-execution-sdk-js-testing";
import middy from "@middy/core";
import { executionModeDurableContext } from "@middy/core/DurableContext";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";

beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: false }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

test("a durable handler that is replayed finds no connection carried across its suspension", async () => {
  const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "test");
  const middleware = rdsProxy(connectTo(proxy));
  vi.unstubAllEnvs();
  onTestFinished(async () => {
    await middleware.close();
    await proxy.close();
  });

  const runs: unknown[] = [];
  const handler = middy({ executionMode: executionModeDurableContext })
    .use(middleware)
    .handler(async (_event: unknown, context) => {
      const { db } = context;
      runs.push(db);
      const durable: DurableContext = Object(context);
      await durable.step("begin", async () => {
        await db.query("begin");
        await db.query("create table suspended (id int)");
      });
      await durable.wait("a second", { seconds: 1 });
      return durable.step("look", async () => {
        const { rows } = await db.query("select to_regclass('suspended') as suspended");
        return { found: rows[0].suspended };
      });
    });

  const runner = new LocalDurableTestRunner({ handlerFunction: Object(handler) });
  const execution = await runner.run({ payload: {} });
  expect(execution.getResult()).toEqual({ found: null });
  const [first, second] = runs;
  expect(runs).toHaveLength(2);
  expect(first).not.toBe(second);
  await expect(Reflect.get(Object(first), "query")("select 1")).rejects.toMatchObject({
    code: "RDS_PROXY_LEASE_ENDED",
  });
  // The connection itself was in order once the transaction was rolled back.
  expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
});
