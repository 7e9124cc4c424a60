import { describe, expect, it } from "vitest";
import { findThreads } from "./threads.js";

const MANAGED = { AWS_LAMBDA_MAX_CONCURRENCY: "64" };

describe("libuv's threads", () => {
  it.each([
    ["elsewhere", {}],
    ["with a pool that is larger than the number of workers", { ...MANAGED, UV_THREADPOOL_SIZE: "20" }],
    ["with fewer workers than threads", { ...MANAGED, AWS_LAMBDA_NODEJS_WORKER_COUNT: "2" }],
  ])("are enough %s", (_, env) => {
    expect(findThreads(env, 2)).toEqual({ facts: [] });
  });

  it("are too few on Managed Instances by default", () => {
    expect(findThreads(MANAGED, 2)).toMatchObject({
      problem: expect.stringContaining("4 threads, and each of 16 workers"),
      causes: [{ example: "UV_THREADPOOL_SIZE=20" }],
    });
  });

  it("are too few if there are only as many as workers", () => {
    expect(findThreads({ ...MANAGED, UV_THREADPOOL_SIZE: "16" }, 2).problem).toContain("16 threads");
  });
});
