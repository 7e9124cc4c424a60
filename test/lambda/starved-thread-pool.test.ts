import { fileURLToPath, pathToFileURL } from "node:url";
import { ExecutionEnvironment } from "@rds-proxy/lambda-kit/environment";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { adapters, type TestedAdapter } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";
import type { Script } from "../support/handlers/scripted-handler.js";
import { onTestedEngines } from "../support/tested-engines.js";

const STARVE = pathToFileURL(fileURLToPath(new URL("../support/starve-thread-pool.js", import.meta.url)));
const ONE: Script = { steps: [{ query: "select 1 as one" }] };

describe.each(onTestedEngines<TestedAdapter>(adapters))(
  "with all threads of libuv's pool in use, $name",
  ({ engine, handlerFile }) => {
    let bundle: string;
    beforeAll(async () => {
      const { file, remove } = await bundleHandler(handlerFile);
      bundle = file;
      return remove;
    });

    async function start(host: string): Promise<ExecutionEnvironment> {
      const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
      onTestFinished(() => proxy.close());
      const lambda = await ExecutionEnvironment.start({
        program: [bundle],
        variables: {
          ...proxy.environment,
          AWS_LAMBDA_MAX_CONCURRENCY: "2",
          NODE_OPTIONS: `--import=${STARVE.href}`,
          RDS_PROXY_ENDPOINT: `${host}:${proxy.port}`,
          TEST_OPTIONS: JSON.stringify({ prefetch: false }),
        },
      });
      onTestFinished(async () => {
        await lambda.stop();
      });
      return lambda;
    }

    test("logs in by the name of the endpoint", async () => {
      const lambda = await start("localhost");
      expect(await lambda.invoke(ONE)).toEqual([{ one: 1 }]);
    });

    test("fails with the phase and the variable to set if the name cannot be resolved", async () => {
      const lambda = await start("no-such-name.invalid");
      await expect(lambda.invoke(ONE, { timeoutMs: 1500 })).rejects.toMatchObject({
        code: "RDS_PROXY_UNREACHABLE",
        message: expect.stringMatching(/the host's name was not resolved in the time.*UV_THREADPOOL_SIZE/),
      });
    });
  },
);
