import { PassThrough, Readable } from "node:stream";
import middy from "@middy/core";
import { onRdsProxyEvent } from "@rds-proxy/core";
import { Restores, systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, it, onTestFinished } from "vitest";
import { lambdaContext } from "../../conformance/src/lambda-context.js";
import { CREDENTIALS, PROXY_HOST } from "../../core/src/testing/resolved-options.js";
import { scriptedAdapter } from "../../core/src/testing/scripted-adapter.js";
import { type ScriptedDb, ScriptedDriver } from "../../core/src/testing/scripted-driver.js";
import { createMiddleware } from "./create-middleware.js";
import type { RdsProxyMiddlewareOptions } from "./options.js";

type Options = RdsProxyMiddlewareOptions<string, unknown>;

const IN_LAMBDA = { AWS_LAMBDA_FUNCTION_NAME: "shop" };

function createTrial(options: Options = {}, env: Readonly<Record<string, string>> = IN_LAMBDA) {
  const driver = new ScriptedDriver();
  const { clock } = systemRuntime;
  const middleware = createMiddleware(
    { host: PROXY_HOST, user: "app", credentials: CREDENTIALS, ...options },
    scriptedAdapter(driver),
    { clock, env, restores: new Restores(clock, env) },
  );
  onTestFinished(() => middleware.close());
  return { driver, middleware };
}

/** The connection in the context. */
function dbOf(context: object, key = "db"): ScriptedDb {
  return Reflect.get(context, key);
}

describe("a handler", () => {
  it("gets a connection in its context until its result is there, and the next one gets it again", async () => {
    const { driver, middleware } = createTrial();
    const dbs: ScriptedDb[] = [];
    const handler = middy()
      .use(middleware)
      .handler(async (_event, context) => {
        const db = dbOf(context);
        dbs.push(db);
        return db.isRevoked;
      });
    expect([await handler({}, lambdaContext()), await handler({}, lambdaContext())]).toEqual([false, false]);
    expect(dbs.map(({ isRevoked }) => isRevoked)).toEqual([true, true]);
    expect(driver.log).toEqual(["connect"]);
  });

  it("finds it under the name of its own choice", async () => {
    const { middleware } = createTrial({ contextKey: "orders" });
    const handler = middy()
      .use(middleware)
      .handler(async (_event, context) => ["orders" in context, "db" in context]);
    expect(await handler({}, lambdaContext())).toEqual([true, false]);
  });

  it("shares the connection with a second use of the same middleware", async () => {
    const { driver, middleware } = createTrial();
    const handler = middy()
      .use(middleware)
      .use(middleware)
      .handler(async (_event, context) => dbOf(context).isRevoked);
    expect(await handler({}, lambdaContext())).toBe(false);
    expect(await handler({}, lambdaContext())).toBe(false);
    expect(driver.log).toEqual(["connect"]);
  });

  it("that fails rejects with its own error, and its connection is kept", async () => {
    const { driver, middleware } = createTrial();
    const error = new Error("the handler's own");
    let db: ScriptedDb | undefined;
    const handler = middy()
      .use(middleware)
      .handler(async (_event, context) => {
        db = dbOf(context);
        throw error;
      });
    await expect(handler({}, lambdaContext())).rejects.toBe(error);
    expect(db?.isRevoked).toBe(true);
    expect(driver.open).toHaveLength(1);
  });

  it("does not run without a connection", async () => {
    const { driver, middleware } = createTrial();
    driver.script.push({ error: new Error("no pg_hba.conf entry") });
    let hasRun = false;
    const handler = middy()
      .use(middleware)
      .handler(async () => {
        hasRun = true;
      });
    await expect(handler({}, lambdaContext())).rejects.toMatchObject({ name: "RdsProxyError" });
    expect(hasRun).toBe(false);
  });

  it("that Middy ends early loses its connection at once, since it still runs", async () => {
    const reasons: string[] = [];
    onTestFinished(onRdsProxyEvent("discard", ({ reason }) => reasons.push(reason)));
    const { driver, middleware } = createTrial();
    await middleware.warmUp();
    const handler = middy({ timeoutEarlyInMillis: 5 })
      .use(middleware)
      .handler(async () => new Promise(() => undefined));
    const context = { ...lambdaContext(), getRemainingTimeInMillis: () => 20 };
    await expect(handler({}, context)).rejects.toMatchObject({ name: "TimeoutError" });
    expect(driver.log).toEqual(["connect", "destroy 1"]);
    expect(reasons).toEqual(["invocation timed out"]);
  });
});

describe("a streamed response", () => {
  it("keeps the connection until it has been read", async () => {
    const { middleware } = createTrial();
    let db: ScriptedDb | undefined;
    const handler = middy()
      .use(middleware)
      .handler(async (_event, context) => {
        db = dbOf(context);
        return { statusCode: 200, body: Readable.from(["a", "b"]) };
      });
    const { body } = await handler({}, lambdaContext());
    expect(db?.isRevoked).toBe(false);
    for await (const _ of body);
    await expect.poll(() => db?.isRevoked).toBe(true);
  });

  it("that is never read gives its connection back to the next invocation", async () => {
    const { driver, middleware } = createTrial();
    const handler = middy()
      .use(middleware)
      .handler(async () => new PassThrough());
    await handler({}, lambdaContext());
    await handler({}, { ...lambdaContext(), awsRequestId: "another" });
    expect(driver.log).toEqual(["connect"]);
  });
});

describe("an invocation that runs beside another one", () => {
  it("leaves the other its connection", async () => {
    const { middleware } = createTrial({ maxConnections: 2 }, {});
    const dbs: ScriptedDb[] = [];
    const gate = Promise.withResolvers<void>();
    const handler = middy()
      .use(middleware)
      .handler(async (_event, context) => {
        dbs.push(dbOf(context));
        if (dbs.length === 1) await gate.promise;
        return dbs.map(({ connection, isRevoked }) => [connection.id, isRevoked]);
      });
    const slow = handler({}, lambdaContext());
    await expect.poll(() => dbs).toHaveLength(1);
    const both = [
      [1, false],
      [2, false],
    ];
    expect(await handler({}, { ...lambdaContext(), awsRequestId: "another" })).toEqual(both);
    gate.resolve();
    expect(await slow).toEqual([
      [1, false],
      [2, true],
    ]);
  });
});

describe("an invocation without after and onError", () => {
  it.each<[string, () => unknown, boolean]>([
    ["another middleware responds early", () => "early", false],
    [
      "another middleware fails before the handler",
      () => {
        throw new Error("no token");
      },
      true,
    ],
  ])("because %s is cleaned up by the next one", async (_, before, fails) => {
    // Several invocations at once, so that the next one alone does not show that it is over.
    const { driver, middleware } = createTrial({}, {});
    const { before: acquire } = middleware;
    const early = middy()
      .use({ before: acquire ?? (() => undefined) })
      .use({ before })
      .handler(async () => undefined);
    const invoked = early({}, lambdaContext()).then(
      () => false,
      () => true,
    );
    expect(await invoked).toBe(fails);
    const handler = middy()
      .use(middleware)
      .handler(async (_event, context) => dbOf(context).connection.id);
    expect(await handler({}, lambdaContext())).toBe(1);
    expect(driver.log).toEqual(["connect"]);
  });
});

describe("a middleware", () => {
  it("is warmed up, and has no connection in a snapshot", async () => {
    const { driver, middleware } = createTrial();
    await middleware.warmUp();
    expect(driver.log).toEqual(["connect"]);
    await middleware.beforeSnapshot();
    expect(driver.log).toEqual(["connect", "end 1"]);
  });

  it("uses no connection from before a restore", async () => {
    const { driver, middleware } = createTrial();
    await middleware.warmUp();
    await new Promise((resolve) => setTimeout(resolve, 2));
    middleware.afterRestore();
    await middleware.warmUp();
    expect(driver.log).toEqual(["connect", "destroy 1", "connect"]);
  });

  it("opens no connection after its close", async () => {
    const { driver, middleware } = createTrial();
    await middleware.warmUp();
    await middleware.close();
    expect(driver.log).toEqual(["connect", "end 1"]);
    await expect(middleware.warmUp()).rejects.toMatchObject({ code: "RDS_PROXY_CLOSED" });
  });
});
