import { availableParallelism } from "node:os";
import type { Environment } from "@rds-proxy/core/internal";
import type { SurroundingsFinding } from "../finding.js";

/** libuv's default: https://docs.libuv.org/en/v1.x/threadpool.html */
const DEFAULT_THREADS = 4;
/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-nodejs-runtime.html */
const WORKERS_PER_CPU = 8;

/**
 * Whether the workers' waits for invocations leave a thread in libuv's pool; nothing where Lambda's Managed Instances do not
 * run. The doctor sees only the process in which it runs.
 */
export function findThreads(
  env: Environment,
  processors: number = availableParallelism(),
): SurroundingsFinding {
  if (!env["AWS_LAMBDA_MAX_CONCURRENCY"]) return { facts: [] };
  const workers = Number(env["AWS_LAMBDA_NODEJS_WORKER_COUNT"]) || WORKERS_PER_CPU * processors;
  const threads = Number(env["UV_THREADPOOL_SIZE"]) || DEFAULT_THREADS;
  if (threads > workers) return { facts: [] };
  return {
    facts: [],
    problem: `libuv's pool has ${threads} threads, and each of ${workers} workers waits for its next invocation in one.`,
    causes: [
      {
        cause:
          "UV_THREADPOOL_SIZE is too small for a function on Managed Instances: while invocations are rare, names, files, STS " +
          "and Secrets Manager wait for a thread.",
        remedy: "Set it in the function's environment variables to more than the number of workers:",
        example: `UV_THREADPOOL_SIZE=${workers + DEFAULT_THREADS}`,
      },
    ],
  };
}
