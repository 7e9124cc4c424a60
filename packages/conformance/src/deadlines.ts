import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createConcurrentEnvironment, createEnvironment, createEnvironmentOn } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

export function deadlines<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);

  test.each([300, 1000])(
    "a proxy without a free database connection fails an invocation of %i ms before Lambda does",
    async (remainingMs) => {
      // RDS Proxy's default borrow timeout, longer than the invocation.
      const limits = { maxConnections: 1, borrowTimeoutMs: 120_000 };
      const { proxy, invoke } = await createEnvironment(harness, {}, limits);
      const other = createEnvironmentOn(harness, proxy);
      const begun = Promise.withResolvers<void>();
      const done = Promise.withResolvers<void>();
      const holding = other.invoke(({ transaction }) =>
        transaction(async (query) => {
          await query("select 1");
          begun.resolve();
          await done.promise;
        }, "commit"),
      );
      await begun.promise;
      await expect(invoke(async () => undefined, { remainingMs })).rejects.toMatchObject({
        code: "RDS_PROXY_UNREACHABLE",
      });
      done.resolve();
      await holding;
    },
  );

  test("an invocation ends although the server does not answer its rollback", async () => {
    const { proxy, invoke, clientConnectionId } = await createEnvironment(harness);
    const first = await clientConnectionId();
    await invoke(
      async ({ query }) => {
        await query("begin");
        proxy.faults.silenceConnections();
      },
      { remainingMs: 1000 },
    );
    expect(await clientConnectionId()).not.toBe(first);
  });

  test("warmUp() ends within `acquireTimeoutMs` although the proxy is silent", async () => {
    const { proxy, middleware } = await createEnvironment(harness, { acquireTimeoutMs: 200 });
    proxy.faults.failConnects("silence-after-tls", { times: Number.POSITIVE_INFINITY });
    await expect(middleware.warmUp()).rejects.toMatchObject({ code: "RDS_PROXY_UNREACHABLE" });
  });

  test("close() ends although the server is silent, during a handshake or after it", async () => {
    const { proxy, middleware, invoke } = await createConcurrentEnvironment(harness, {
      maxConnections: 2,
    });
    await invoke(({ query }) => query("select 1"));
    proxy.faults.silenceConnections();
    proxy.faults.failConnects("silence-after-tls", { times: Number.POSITIVE_INFINITY });
    const statements = [1, 2].map((n) => invoke(({ query }) => query(`select ${n}`)));
    const outcomes = Promise.allSettled(statements);
    await middleware.close();
    for (const { status } of await outcomes) expect(status).toBe("rejected");
  });
}
