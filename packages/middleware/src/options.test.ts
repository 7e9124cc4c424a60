import { RdsProxyError } from "@rds-proxy/core";
import type { Adapter } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, it } from "vitest";
import { type RdsProxyMiddlewareOptions, resolveMiddlewareOptions } from "./options.js";

const ENDPOINT = {
  host: "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com",
  user: "app",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY" },
};

function adapterFor(engine: Adapter<unknown>["engine"]): Adapter<unknown> {
  return {
    engine,
    create: () => {
      throw new Error("options are resolved before anything is made");
    },
  };
}

function resolve(options: object, engine: Adapter<unknown>["engine"] = "postgres"): unknown {
  const given: RdsProxyMiddlewareOptions<string, unknown> = Object.assign({}, ENDPOINT, options);
  const defaults = { contextKey: "db", adapter: adapterFor(engine) };
  return resolveMiddlewareOptions(given, defaults, { ...systemRuntime, env: {} });
}

function refusalOf(...given: Parameters<typeof resolve>): string {
  try {
    resolve(...given);
  } catch (error) {
    if (error instanceof RdsProxyError && error.code === "RDS_PROXY_INVALID_OPTION") return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("an option of the driver", () => {
  it.each([
    ["postgres", "query_timeout", "`adapter: pgAdapter({ ... })`"],
    ["postgres", "statement_timeout", "`adapter: pgAdapter({ ... })`"],
    ["mysql", "timezone", "`adapter: mysql2Adapter({ ... })`"],
  ] as const)("is sent to the adapter of its engine: %s, %s", (engine, name, place) => {
    expect(refusalOf({ [name]: 5000 }, engine)).toContain(
      `${name}: not a known option. Options of the driver go to the adapter: ${place}. Known are: host,`,
    );
  });

  it("is sent to the adapter that was passed, not to the default", () => {
    expect(refusalOf({ timezone: "Z", adapter: adapterFor("mysql") })).toContain("mysql2Adapter");
  });
});

describe("an option of the middleware", () => {
  it("that is misspelt is refused with the correct name", () => {
    expect(refusalOf({ contextkey: "db" })).toBe(
      "contextkey: not a known option. Did you mean `contextKey`?",
    );
  });

  it("is not the password, since a token is signed, and it is not shown", () => {
    expect(refusalOf({ password: "hunter2" })).toBe(
      "password: not an option here. Leave it out: a token is signed for each login; a stored password comes from `secret`.",
    );
  });

  it.each([
    ["a connection string", "postgres://app:hunter2@db.example/shop", "a value of type string"],
    ["the factory itself", () => adapterFor("postgres"), "a value of type function"],
    ["another object", {}, "a value of type object"],
  ])("is no adapter when it is %s, and is not shown", (_, adapter, received) => {
    const message = refusalOf({ adapter });
    expect(message).toContain(`adapter: expected an adapter, received ${received}.`);
    expect(message).not.toContain("hunter2");
  });

  it("is not shown when a connection string came for all of them", () => {
    const url: unknown = "postgres://app:hunter2@db.example/shop";
    const call = (): unknown =>
      Reflect.apply(resolveMiddlewareOptions, undefined, [
        url,
        { adapter: adapterFor("postgres") },
        systemRuntime,
      ]);
    expect(call).toThrow(/^options: expected an object, received a value of type string\. /);
  });
});

describe("the name of the connection in the context", () => {
  it.each(["db", "orders", "proto"])("may be %s", (contextKey) => {
    expect(resolve({ contextKey })).toMatchObject({ contextKey });
  });

  it.each([
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "callbackWaitsForEmptyEventLoop",
    "functionName",
    "functionVersion",
    "invokedFunctionArn",
    "memoryLimitInMB",
    "awsRequestId",
    "logGroupName",
    "logStreamName",
    "identity",
    "clientContext",
    "tenantId",
    "getRemainingTimeInMillis",
    "done",
    "fail",
    "succeed",
    "lambdaContext",
    "executionContext",
  ])("may not be %s, which is taken", (contextKey) => {
    expect(refusalOf({ contextKey })).toBe(
      `contextKey: expected a name of your own, received "${contextKey}". ` +
        "Lambda's context, or JavaScript for each object, uses it already.",
    );
  });

  it.each(["", " db", 1])("may not be %o, which is no name", (contextKey) => {
    expect(refusalOf({ contextKey })).toContain("contextKey: expected a non-empty string without");
  });
});

describe("the name of a reader's connection in the context", () => {
  it("is given, so that it is not the writer's by omission", () => {
    expect(refusalOf({ targetRole: "read-only" })).toBe(
      'contextKey: expected the name of the reader\'s connection, received none. Set it, for example to "reader".',
    );
    expect(resolve({ targetRole: "read-only", contextKey: "db" })).toMatchObject({ contextKey: "db" });
  });
});

describe("the prefetch", () => {
  it.each([
    ["on-demand", true],
    ["provisioned-concurrency", false],
    ["snap-start", false],
    ["lambda-managed-instances", false],
    [undefined, false],
  ])("in an initialisation of the kind %s is made: %s", (kind, isMade) => {
    const env = kind === undefined ? {} : { AWS_LAMBDA_INITIALIZATION_TYPE: kind };
    const { prefetches } = resolveMiddlewareOptions(
      { host: "proxy.example", user: "app", region: "eu-west-1" },
      { contextKey: "db", adapter: adapterFor("postgres") },
      { ...systemRuntime, env },
    );
    expect(prefetches).toBe(isMade);
  });
});

describe("closing on SIGTERM", () => {
  it("is done unless it is turned off, or several invocations run in worker threads", () => {
    const inLambda = (env: Record<string, string>) => ({ ...systemRuntime, env });
    const resolveIn = (closeOnSigterm: boolean | undefined, env: Record<string, string>): boolean =>
      resolveMiddlewareOptions(
        { host: "proxy.example", user: "app", region: "eu-west-1", closeOnSigterm },
        { contextKey: "db", adapter: adapterFor("postgres") },
        inLambda(env),
      ).closesOnSigterm;
    expect(resolveIn(undefined, {})).toBe(true);
    expect(resolveIn(false, {})).toBe(false);
    expect(resolveIn(true, { AWS_LAMBDA_MAX_CONCURRENCY: "8" })).toBe(false);
  });

  it.each(["prefetch", "closeOnSigterm"])("and %s are true or false", (name) => {
    expect(refusalOf({ [name]: "yes" })).toBe(
      `${name}: expected true or false, received "yes". Correct it, or leave it out.`,
    );
  });
});
