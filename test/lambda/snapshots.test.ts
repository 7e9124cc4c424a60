import { bundleFunction, SNAPSHOT_CLIENT } from "@rds-proxy/lambda-kit/bundling";
import { type Deployment, ExecutionEnvironment } from "@rds-proxy/lambda-kit/environment";
import { type ProxyBehindGate, startProxyBehindGate } from "@rds-proxy/lambda-kit/network";
import type { LocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { adapters, type TestedAdapter } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";
import type { Script } from "../support/handlers/scripted-handler.js";
import { onTestedEngines } from "../support/tested-engines.js";

const HOUR_MS = 60 * 60_000;
/** Less than the proxy's limit for idle clients, 30 minutes. */
const PAUSE_MS = 10 * 60_000;
const ONE: Script = { steps: [{ query: "select 1 as one" }] };
const SNAP_START = { AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start" };

/** What the other side of a connection is after a restore: the network has forgotten it, or another process has it. */
const fates = [
  { fate: "works on", act: () => undefined },
  { fate: "resets (RST)", act: ({ gate }: ProxyBehindGate) => gate.cut("rst") },
  { fate: "goes silent", act: ({ gate }: ProxyBehindGate) => gate.cut("silence") },
];

/** The number of connections that were closed with the protocol's own message. */
function gracefulEnds(proxy: LocalProxy): number {
  return proxy.messages().filter(({ type }) => type === "Terminate" || type === "COM_QUIT").length;
}

/** The number of messages on the first connection. */
function sentOnFirst(proxy: LocalProxy): number {
  return proxy.messages().filter(({ connection }) => connection === 1).length;
}

describe.each(onTestedEngines<TestedAdapter>(adapters))(
  "a snapshot with $name",
  ({ engine, handlerFile }) => {
    let bundle: string;
    let bundleWithHooks: string;
    beforeAll(async () => {
      const programs = await Promise.all([
        bundleHandler(handlerFile),
        bundleFunction(handlerFile, { runtime: SNAPSHOT_CLIENT }),
      ]);
      [bundle, bundleWithHooks] = [programs[0].file, programs[1].file];
      return async () => {
        await Promise.all(programs.map((program) => program.remove()));
      };
    });

    /** Starts a function up to its snapshot. */
    async function initialise(
      variables: Readonly<Record<string, string>>,
      deployment: Partial<Deployment> = {},
    ): Promise<ProxyBehindGate & { readonly lambda: ExecutionEnvironment }> {
      const behind = await startProxyBehindGate({ engine, upstream: inject(engine), recordMessages: true });
      onTestFinished(() => behind.close());
      const lambda = await ExecutionEnvironment.start({
        program: [bundle],
        variables: { ...behind.environment, ...SNAP_START, ...variables },
        ...deployment,
      });
      onTestFinished(async () => {
        expect(await lambda.stop()).toBe("");
      });
      lambda.freeze();
      return { ...behind, lambda };
    }

    test("has no connection in it, although warmUp() opened one", async () => {
      const { proxy, lambda, clock } = await initialise({ TEST_WARM_UP: "yes" });
      expect(proxy.metrics().ClientConnectionsSetupSucceeded).toBe(1);
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
      expect(gracefulEnds(proxy)).toBe(1);
      clock.advance(HOUR_MS);
      lambda.restore();
      expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
    });

    test("has no prefetch in it", async () => {
      const { proxy, lambda } = await initialise({});
      expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
      lambda.restore();
      expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
    });

    test.each(fates)(
      "of a handler that was called before: its connection, which $fate, is not used",
      async ({ act }) => {
        const stage = await initialise({ TEST_PRIME: "yes" });
        const { proxy, lambda, clock } = stage;
        expect(proxy.metrics().ClientConnections).toBe(1);
        const sentBefore = sentOnFirst(proxy);
        act(stage);
        clock.advance(HOUR_MS);
        lambda.restore();
        expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
        expect(sentOnFirst(proxy)).toBe(sentBefore);
        expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
        // From here on it is frozen and thawed like any other.
        lambda.freeze();
        clock.advance(PAUSE_MS);
        lambda.thaw();
        expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
        expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
      },
    );

    test("is taken after the hook has closed the connections, and the hook after the restore needs no clock", async () => {
      const { proxy, lambda } = await initialise(
        { TEST_PRIME: "yes" },
        { program: [bundleWithHooks], runtime: "bundled" },
      );
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
      expect(gracefulEnds(proxy)).toBe(1);
      lambda.restore();
      expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
      expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
    });
  },
);
