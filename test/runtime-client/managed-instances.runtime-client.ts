import { describe, expect, test } from "vitest";
import { adapters } from "../support/adapters.js";
import type { Script } from "../support/handlers/scripted-handler.js";
import { startFunction } from "./start-function.js";

const CONCURRENT = 16;
const SLEEP = { postgres: "select pg_sleep(0.2)", mysql: "select sleep(0.2)" };

describe.each(adapters)("on Managed Instances with $name", (adapter) => {
  const transaction: Script = {
    steps: [
      { query: "begin" },
      { query: SLEEP[adapter.engine] },
      { query: "commit" },
      { query: "select 1 as one" },
    ],
  };

  // Each worker waits for its next invocation in a thread of libuv's pool, which has fewer threads than there are workers.
  test(`${CONCURRENT} transactions at once in 8 workers succeed`, { timeout: 60_000 }, async () => {
    const { lambda } = await startFunction(adapter, {
      AWS_LAMBDA_INITIALIZATION_TYPE: "lambda-managed-instances",
      AWS_LAMBDA_MAX_CONCURRENCY: String(CONCURRENT),
      AWS_LAMBDA_NODEJS_WORKER_COUNT: "8",
    });
    const answers = await Promise.all(
      Array.from({ length: CONCURRENT }, () => lambda.invoke(transaction, { timeoutMs: 20_000 })),
    );
    expect(answers).toEqual(Array.from({ length: CONCURRENT }, () => [{ one: 1 }]));
  });
});
