import { RDS_PROXY_OPTION_NAMES } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../core/src/testing/errors.js";
import { CREDENTIALS, PROXY_HOST } from "../../core/src/testing/resolved-options.js";
import { scriptedAdapter } from "../../core/src/testing/scripted-adapter.js";
import { resolveDatabaseOptions } from "./options.js";

const DEFAULT_ADAPTER = scriptedAdapter();

function resolve(options: object = {}, env: Readonly<Record<string, string>> = {}) {
  return resolveDatabaseOptions(
    { host: PROXY_HOST, user: "app", credentials: CREDENTIALS, ...options },
    DEFAULT_ADAPTER,
    { ...systemRuntime, env },
  );
}

describe("the options of a database", () => {
  it("have defaults", () => {
    expect(resolve()).toMatchObject({
      adapter: DEFAULT_ADAPTER,
      connection: {
        acquireTimeoutMs: expect.any(Number),
        endpoint: { host: PROXY_HOST, engine: "postgres" },
      },
      prefetches: false,
      closesOnSigterm: true,
      isSequential: false,
    });
  });

  it("choose another adapter, whose engine counts", () => {
    const adapter = { ...scriptedAdapter(), engine: "mysql" as const };
    const { connection, ...resolved } = resolve({ adapter });
    expect(resolved.adapter).toBe(adapter);
    expect(connection.endpoint.engine).toBe("mysql");
  });

  it.each([
    ["on a host of one's own", {}, false],
    ["in Lambda", { AWS_LAMBDA_FUNCTION_NAME: "shop" }, true],
    ["on Managed Instances", { AWS_LAMBDA_FUNCTION_NAME: "shop", AWS_LAMBDA_MAX_CONCURRENCY: "8" }, false],
  ])("tell whether one invocation follows the other: %s", (_, env, isSequential) => {
    expect(resolve({}, env).isSequential).toBe(isSequential);
  });

  it.each([
    ["one without create()", { engine: "postgres" }],
    ["one whose create is no function", { engine: "postgres", create: true }],
    ["a text", "pg"],
    ["a number", 5432],
  ])("refuse %s as an adapter", (_, adapter) => {
    const { code, message } = errorOf(() => resolve({ adapter }));
    expect(code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(message).toBe(
      `adapter: expected an adapter, received a value of type ${typeof adapter}. ` +
        "Pass what pgAdapter(), or one like it, returns.",
    );
  });

  it("refuse names that they do not have, and list their own", () => {
    const { message } = errorOf(() => resolve({ query_timeout: 1 }));
    const known = [...RDS_PROXY_OPTION_NAMES, "adapter", "prefetch", "closeOnSigterm"];
    expect(message).toBe(
      "query_timeout: not a known option. Options of the driver go to the adapter: `adapter: pgAdapter({ ... })`. " +
        `Known are: ${known.join(", ")}.`,
    );
  });
});
