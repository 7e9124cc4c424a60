import { fileURLToPath } from "node:url";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { bundleHandler } from "../support/bundle-handler.js";
import { type ExecutionEnvironment, startExecutionEnvironment } from "../support/execution-environment.js";

const ONE = { statement: "select 1 as one" };

const engines = [
  {
    engine: "postgres",
    SESSION_ID: { statement: "select pg_backend_pid() as id" },
    SLEEP: { statement: "select pg_sleep(30)" },
  },
  {
    engine: "mysql",
    SESSION_ID: { statement: "select connection_id() as id" },
    SLEEP: { statement: "select sleep(30)" },
  },
] as const;

describe.each(engines)("$engine", ({ engine, SESSION_ID, SLEEP }) => {
  let bundle: string;
  beforeAll(async () => {
    bundle = await bundleHandler(fileURLToPath(new URL(`handlers/${engine}.ts`, import.meta.url)));
  });

  async function startProxy(): Promise<LocalProxy> {
    // A database session of its own for each client, so that it tells whether the client is the same.
    const proxy = await startLocalProxy({ engine, upstream: inject(engine), multiplexing: false });
    onTestFinished(() => proxy.close());
    return proxy;
  }

  /** An environment that must not print a thing to its standard error, warnings included. */
  async function start(
    proxy: LocalProxy,
    options: object = {},
    variables: Record<string, string> = {},
  ): Promise<ExecutionEnvironment> {
    const environment = await startExecutionEnvironment(bundle, {
      ...proxy.environment,
      TEST_OPTIONS: JSON.stringify(options),
      ...variables,
    });
    onTestFinished(async () => {
      environment.thaw();
      expect(await environment.stop()).toBe("");
    });
    return environment;
  }

  describe("a freeze between invocations", () => {
    test.each(["fin", "rst", "admin-shutdown"] as const)(
      "with the connection closed by %s meanwhile",
      async (manner) => {
        const proxy = await startProxy();
        const environment = await start(proxy);
        const first = await environment.invoke(SESSION_ID);
        environment.freeze();
        expect(proxy.faults.killConnections(manner)).toBe(1);
        await expect.poll(() => proxy.metrics().DatabaseConnections).toBe(0);
        environment.thaw();
        expect(await environment.invoke(SESSION_ID)).not.toEqual(first);
      },
    );

    test.each(["fin", "rst", "admin-shutdown"] as const)(
      "with the connection closed by %s and the invocation sent before the thaw",
      async (manner) => {
        const proxy = await startProxy();
        const environment = await start(proxy);
        await environment.invoke(ONE);
        environment.freeze();
        expect(proxy.faults.killConnections(manner)).toBe(1);
        await expect.poll(() => proxy.metrics().DatabaseConnections).toBe(0);
        const answer = environment.invoke(ONE);
        environment.thaw();
        expect(await answer).toEqual([{ one: 1 }]);
      },
    );

    test("with the connection gone silent meanwhile", async () => {
      const proxy = await startProxy();
      const environment = await start(proxy, { validateAfterIdleMs: 0 });
      const first = await environment.invoke(SESSION_ID);
      environment.freeze();
      expect(proxy.faults.silenceConnections()).toBe(1);
      environment.thaw();
      expect(await environment.invoke(SESSION_ID)).not.toEqual(first);
    });

    test("with the connection alive afterwards, which is kept", async () => {
      const proxy = await startProxy();
      const environment = await start(proxy, { validateAfterIdleMs: 0 });
      const first = await environment.invoke(SESSION_ID);
      environment.freeze();
      environment.thaw();
      expect(await environment.invoke(SESSION_ID)).toEqual(first);
      expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
    });
  });

  describe("a freeze at work", () => {
    test("in a query whose connection is closed meanwhile: the query fails, the next invocation succeeds", async () => {
      const proxy = await startProxy();
      const environment = await start(proxy);
      await environment.invoke(ONE);
      const answer = environment.invoke(SLEEP);
      await expect.poll(() => proxy.metrics().QueryRequests).toBe(2);
      environment.freeze();
      proxy.faults.killConnections("rst");
      const failed = expect(answer).rejects.toThrow();
      environment.thaw();
      await failed;
      expect(await environment.invoke(ONE)).toEqual([{ one: 1 }]);
    });

    test("in a handshake that never goes on", async () => {
      const proxy = await startProxy();
      const environment = await start(proxy, { prefetch: false, connectTimeoutMs: 500 });
      proxy.faults.failConnects("silence-after-startup");
      const answer = environment.invoke(ONE);
      await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBe(1);
      environment.freeze();
      environment.thaw();
      expect(await answer).toEqual([{ one: 1 }]);
    });

    test.each(["silence-after-startup", "close-after-tls", "reset-after-password"] as const)(
      "in the prefetch of the initialisation, with the handshake ending in %s",
      async (fault) => {
        const proxy = await startProxy();
        proxy.faults.failConnects(fault);
        const environment = await start(proxy, { connectTimeoutMs: 500 });
        await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBe(1);
        environment.freeze();
        environment.thaw();
        expect(await environment.invoke(ONE)).toEqual([{ one: 1 }]);
        expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
      },
    );
  });
});
