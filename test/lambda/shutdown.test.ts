import { ExecutionEnvironment } from "@rds-proxy/lambda-kit/environment";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { adapters, type TestedAdapter } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";
import type { Script } from "../support/handlers/scripted-handler.js";
import { onTestedEngines } from "../support/tested-engines.js";

const ONE: Script = { steps: [{ query: "select 1 as one" }] };
const SLEEP = { postgres: "select pg_sleep(0.5)", mysql: "select sleep(0.5)" };

describe.each(onTestedEngines<TestedAdapter>(adapters))("SIGTERM with $name", ({ engine, handlerFile }) => {
  let bundle: string;
  beforeAll(async () => {
    const { file, remove } = await bundleHandler(handlerFile);
    bundle = file;
    return remove;
  });

  async function start(
    options: object = {},
    variables: Record<string, string> = {},
    prepare: (proxy: LocalProxy) => void = () => undefined,
  ): Promise<{ proxy: LocalProxy; lambda: ExecutionEnvironment }> {
    const proxy = await startLocalProxy({ engine, upstream: inject(engine), recordMessages: true });
    onTestFinished(() => proxy.close());
    prepare(proxy);
    const lambda = await ExecutionEnvironment.start({
      program: [bundle],
      variables: { ...proxy.environment, TEST_OPTIONS: JSON.stringify(options), ...variables },
    });
    onTestFinished(async () => {
      expect(await lambda.stop()).toBe("");
    });
    return { proxy, lambda };
  }

  /** The number of connections that were closed with the protocol's own message. */
  function gracefulEnds(proxy: LocalProxy): number {
    return proxy.messages().filter(({ type }) => type === "Terminate" || type === "COM_QUIT").length;
  }

  test("closes an idle connection in order, and ends the process as without it", async () => {
    const { proxy, lambda } = await start();
    await lambda.invoke(ONE);
    lambda.terminate();
    expect(await lambda.ended).toBe("SIGTERM");
    expect(gracefulEnds(proxy)).toBe(1);
  });

  test("sent twice into a running invocation does not disturb it, and closes its connection afterwards", async () => {
    const { proxy, lambda } = await start();
    await lambda.invoke(ONE);
    // Sequelize has sent a query of its own.
    const { QueryRequests } = proxy.metrics();
    const answer = lambda.invoke({ steps: [{ query: SLEEP[engine] }, ...ONE.steps] } satisfies Script);
    await expect.poll(() => proxy.metrics().QueryRequests).toBe(QueryRequests + 1);
    lambda.terminate();
    lambda.terminate();
    expect(await answer).toEqual([{ one: 1 }]);
    expect(await lambda.ended).toBe("SIGTERM");
    expect(gracefulEnds(proxy)).toBe(1);
  });

  test("sent while an invocation still waits for its connection does not disturb it either", async () => {
    const { proxy, lambda } = await start({ prefetch: false });
    proxy.faults.failConnects("starting", { times: Number.POSITIVE_INFINITY });
    const answer = lambda.invoke(ONE);
    await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBeGreaterThan(0);
    lambda.terminate();
    await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBeGreaterThan(2);
    proxy.faults.clear();
    expect(await answer).toEqual([{ one: 1 }]);
    expect(await lambda.ended).toBe("SIGTERM");
  });

  test("does not wait for a server that went silent", async () => {
    const { proxy, lambda } = await start();
    await lambda.invoke(ONE);
    expect(proxy.faults.silenceConnections()).toBe(1);
    lambda.terminate();
    expect(await lambda.ended).toBe("SIGTERM");
  });

  test("does not wait for a prefetch that never ends", async () => {
    const { proxy, lambda } = await start({}, {}, ({ faults }) =>
      faults.failConnects("silence-after-startup"),
    );
    await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBe(1);
    lambda.terminate();
    expect(await lambda.ended).toBe("SIGTERM");
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
  });

  test("cleans up after an invocation that never came to its `after`", async () => {
    const { proxy, lambda } = await start();
    await lambda.invoke({ ...ONE, answersEarly: true } satisfies Script);
    lambda.terminate();
    expect(await lambda.ended).toBe("SIGTERM");
    expect(gracefulEnds(proxy)).toBe(1);
  });

  test.each([
    ["the option", { closeOnSigterm: false }, {}],
    ["Managed Instances", {}, { AWS_LAMBDA_MAX_CONCURRENCY: "2" }],
  ])("is left alone with %s", async (_, options, variables) => {
    const { proxy, lambda } = await start(options, variables);
    await lambda.invoke(ONE);
    lambda.terminate();
    expect(await lambda.ended).toBe("SIGTERM");
    expect(gracefulEnds(proxy)).toBe(0);
  });
});
