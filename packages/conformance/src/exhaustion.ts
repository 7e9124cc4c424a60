import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment, createEnvironmentOn, type TestEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

const STAGES = ["on-accept", "before-tls-reply", "after-tls", "after-startup", "after-password"] as const;

export function exhaustion<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);
  test.each([
    "exhausted",
    "throttled",
    "rate-limited",
    "too-many-clients",
    "borrow-timeout",
    "starting",
  ] as const)("a login refused as %s is retried until it succeeds", async (fault) => {
    const { proxy, invoke } = await createEnvironment(harness, { retry: { baseDelayMs: 1, maxDelayMs: 5 } });
    proxy.faults.failConnects(fault, { times: 5 });
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(6);
  });

  test("a database connection that becomes free within the remaining time is used", async () => {
    const { proxy, invoke } = await createEnvironment(harness, {}, { maxConnections: 1, borrowTimeoutMs: 0 });
    const holding = await holdOnlyDatabaseConnection(createEnvironmentOn(harness, proxy));
    const before = proxy.metrics().ClientConnectionsReceived;

    const answer = invoke(({ query }) => query("select 1 as one"));
    await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBeGreaterThan(before + 1);
    await holding.end();
    expect(await answer).toEqual([{ one: 1 }]);
  });

  test("a database connection that the proxy waits for is used as soon as it is free", async () => {
    const { proxy, invoke } = await createEnvironment(harness, {}, { maxConnections: 1 });
    const holding = await holdOnlyDatabaseConnection(createEnvironmentOn(harness, proxy));

    const answer = invoke(({ query }) => query("select 1 as one"));
    await expect.poll(() => proxy.metrics().DatabaseConnectionRequestsWaiting).toBe(1);
    await holding.end();
    expect(await answer).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
  });

  test("exhaustion that lasts fails the invocation within its time, with RDS_PROXY_EXHAUSTED", async () => {
    const { proxy, invoke } = await createEnvironment(harness);
    proxy.faults.failConnects("exhausted", { times: Number.POSITIVE_INFINITY });
    // An attempt may take half of what remains, and has to reach the refusal in it on a busy machine, too.
    const error = await invoke(async () => undefined, { remainingMs: 4000 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: "RDS_PROXY_EXHAUSTED",
      message: expect.stringMatching(/after \d+ attempts? in \d\.\d s: .* MaxConnectionsPercent/),
    });
  });

  test.each(STAGES)("a proxy that is silent %s fails the invocation before Lambda does", async (stage) => {
    const { proxy, invoke } = await createEnvironment(harness);
    proxy.faults.failConnects(`silence-${stage}`, { times: Number.POSITIVE_INFINITY });
    // Far more than the 400 ms, but less than the timeout of one attempt.
    const bound = Date.now() + 4000;
    await expect(invoke(async () => undefined, { remainingMs: 400 })).rejects.toMatchObject({
      code: "RDS_PROXY_UNREACHABLE",
    });
    expect(Date.now()).toBeLessThan(bound);
  });

  test("a silent handshake ends after connectTimeoutMs, and the next attempt succeeds", async () => {
    const { proxy, invoke } = await createEnvironment(harness, { connectTimeoutMs: 1000 });
    proxy.faults.failConnects("silence-after-startup");
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(1);
  });

  test("an invocation connects after a proxy outage that failed the one before", async () => {
    const { proxy, invoke } = await createEnvironment(harness);
    proxy.faults.failConnects("reset-on-accept", { times: Number.POSITIVE_INFINITY });
    await expect(invoke(async () => undefined, { remainingMs: 200 })).rejects.toMatchObject({
      code: "RDS_PROXY_UNREACHABLE",
    });
    proxy.faults.clear();
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });
}

/** Starts an invocation in a transaction, which holds the only database connection. */
async function holdOnlyDatabaseConnection<Db>({
  invoke,
}: TestEnvironment<Db>): Promise<{ end(): Promise<void> }> {
  const isHeld = Promise.withResolvers<void>();
  const isDone = Promise.withResolvers<void>();
  const invocation = invoke(async ({ query }) => {
    await query("begin");
    isHeld.resolve();
    await isDone.promise;
    await query("commit");
  });
  await Promise.race([isHeld.promise, invocation]);
  return {
    async end() {
      isDone.resolve();
      await invocation;
    },
  };
}
