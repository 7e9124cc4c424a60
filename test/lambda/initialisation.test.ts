import { spawn } from "node:child_process";
import { once } from "node:events";
import { ExecutionEnvironment } from "@rds-proxy/lambda-kit/environment";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { adapters } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";

let bundle: string;
beforeAll(async () => {
  const { file, remove } = await bundleHandler(adapters[0].handlerFile);
  bundle = file;
  return remove;
});

async function start(variables: Record<string, string>) {
  const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
  onTestFinished(() => proxy.close());
  const environment = await ExecutionEnvironment.start({
    program: [bundle],
    variables: { ...proxy.environment, ...variables },
  });
  onTestFinished(async () => {
    expect(await environment.stop()).toBe("");
  });
  return { proxy, environment };
}

test("an on-demand initialisation opens the connection that the first invocation uses", async () => {
  const { proxy, environment } = await start({});
  await expect.poll(() => proxy.metrics().ClientConnectionsSetupSucceeded).toBe(1);
  expect(await environment.invoke({ steps: [{ query: "select 1 as one" }] })).toEqual([{ one: 1 }]);
  expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
});

test.each(["provisioned-concurrency", "lambda-managed-instances"])(
  "an initialisation for %s opens nothing",
  async (type) => {
    const { proxy, environment } = await start({ AWS_LAMBDA_INITIALIZATION_TYPE: type });
    expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
    expect(await environment.invoke({ steps: [{ query: "select 1 as one" }] })).toEqual([{ one: 1 }]);
  },
);

test("warmUp() at the top level opens the connection before the initialisation is done", async () => {
  const { proxy, environment } = await start({
    AWS_LAMBDA_INITIALIZATION_TYPE: "provisioned-concurrency",
    TEST_WARM_UP: "1",
  });
  expect(proxy.metrics().ClientConnectionsSetupSucceeded).toBe(1);
  expect(await environment.invoke({ steps: [{ query: "select 1 as one" }] })).toEqual([{ one: 1 }]);
  expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
});

test("prefetch: false leaves the first connection to the first invocation", async () => {
  const { proxy } = await start({ TEST_OPTIONS: JSON.stringify({ prefetch: false }) });
  expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
});

test("a process that only loads and configures the middleware ends by itself", async () => {
  const child = spawn(process.execPath, [bundle], {
    env: { RDS_PROXY_ENDPOINT: "localhost:1", RDS_PROXY_USER: "app", AWS_REGION: "us-east-1" },
  });
  expect(await once(child, "exit")).toEqual([0, null]);
});
