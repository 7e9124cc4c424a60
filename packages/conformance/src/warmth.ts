import { onRdsProxyEvent } from "@rds-proxy/core";
import { expect, onTestFinished } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

export function warmth<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);
  test("1,000 invocations share one connection and one token", async () => {
    const { proxy, invoke } = await createEnvironment(harness);
    for (let i = 0; i < 1000; i++) await invoke(({ query }) => query("select 1"));
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
  });

  test("invocations leave no timer, no listener and no warning behind", async () => {
    const warnings: Error[] = [];
    const remember = (warning: Error): void => {
      warnings.push(warning);
    };
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const listeners = (): number =>
      process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);
    process.on("warning", remember);
    const { invoke } = await createEnvironment(harness);
    await invoke(({ query }) => query("select 1"));
    const before = { timers: timers(), listeners: listeners() };
    for (let i = 0; i < 500; i++) await invoke(({ query }) => query("select 1"));
    // Other parts of the test process may have a few timers of their own.
    expect(timers()).toBeLessThan(before.timers + 10);
    expect(listeners()).toBeLessThan(before.listeners + 10);
    process.off("warning", remember);
    expect(warnings).toEqual([]);
  });

  test("a warm invocation sends only the handler's own statements", async () => {
    const { proxy, invoke } = await createEnvironment(harness, {}, { recordMessages: true });
    await invoke(({ query }) => query("select 1"));
    const before = proxy.messages().length;
    await invoke(async () => undefined);
    expect(proxy.messages().slice(before)).toEqual([]);
  });

  test("a connection that was idle for long is validated once", async () => {
    const { proxy, invoke } = await createEnvironment(
      harness,
      { validateAfterIdleMs: 0 },
      { recordMessages: true },
    );
    await invoke(({ query }) => query("select 1"));
    const before = proxy.messages().length;
    await invoke(async () => undefined);
    expect(proxy.messages().slice(before)).toHaveLength(1);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("events report every acquire and release in order, with their endpoint", async () => {
    const { proxy, invoke } = await createEnvironment(harness);
    const heard: string[] = [];
    for (const name of ["sign", "connect", "retry", "acquire", "release"] as const) {
      const stop = onRdsProxyEvent(name, ({ engine, endpoint, database }) => {
        if (`${engine}://${endpoint}/${database}` === proxy.url) heard.push(name);
      });
      onTestFinished(stop);
    }
    proxy.faults.failConnects("exhausted");
    for (let i = 0; i < 2; i++) await invoke(({ query }) => query("select 1"));
    const firstInvocation = ["sign", "retry", "sign", "connect", "acquire", "release"];
    expect(heard).toEqual([...firstInvocation, "acquire", "release"]);
  });

  test("creating the middleware opens no connection, and warmUp() opens one", async () => {
    const { proxy, middleware, invoke } = await createEnvironment(harness);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
    await middleware.warmUp();
    await invoke(({ query }) => query("select 1"));
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("close() closes the connection and refuses later invocations", async () => {
    const { proxy, middleware, invoke } = await createEnvironment(harness);
    await invoke(({ query }) => query("select 1"));
    await middleware.close();
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    await expect(invoke(async () => undefined)).rejects.toMatchObject({ code: "RDS_PROXY_CLOSED" });
  });
}
