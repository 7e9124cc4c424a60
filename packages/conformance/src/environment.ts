import { randomUUID } from "node:crypto";
import middy from "@middy/core";
import type { RdsProxyOptions } from "@rds-proxy/core";
import type { LocalProxy, LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { RdsProxyMiddleware } from "@rds-proxy/middleware";
import { onTestFinished, vi } from "vitest";
import { connectTo } from "./connect-to.js";
import type { ConformanceHarness, ConformanceQuery } from "./harness.js";
import { invokeHandler } from "./invoke-handler.js";

export interface InvocationOptions {
  /**
   * Remaining time at the start of the invocation, in milliseconds.
   *
   * @default 10000
   */
  readonly remainingMs?: number;
}

/** The argument of the handlers in the suite. */
export interface HandlerInput<Db> {
  readonly db: Db;
  readonly query: ConformanceQuery;
  transaction(work: (query: ConformanceQuery) => Promise<void>, end: "commit" | "rollback"): Promise<void>;
}

/** An execution environment with a middleware, behind a local proxy. */
export interface TestEnvironment<Db> {
  readonly proxy: LocalProxy;
  readonly middleware: RdsProxyMiddleware<"db", Db>;
  /** Invokes a handler through the middleware. */
  invoke<Result>(
    handler: (input: HandlerInput<Db>) => Promise<Result>,
    options?: InvocationOptions,
  ): Promise<Result>;
  /** The number of the client connection that an invocation gets. Its database session may change between statements. */
  clientConnectionId(): Promise<unknown>;
  /** Creates a table for this test, with one column `id`, and returns its name. */
  createTable(): Promise<string>;
  rowCount(table: string): Promise<number>;
}

/**
 * In place of the defaults, for busy machines: there handshakes take their time, and a connection whose validation is late is
 * replaced, which tests would count.
 */
const UNHURRIED = { connectTimeoutMs: 15_000, validateAfterIdleMs: 60_000 };

/** Creates an environment and a proxy. */
export async function createEnvironment<Db>(
  harness: ConformanceHarness<Db>,
  options: RdsProxyOptions = {},
  proxyOptions: Partial<LocalProxyOptions> = {},
): Promise<TestEnvironment<Db>> {
  const proxy = await harness.startProxy({ recordMessages: true, ...proxyOptions });
  onTestFinished(() => proxy.close());
  return createEnvironmentOn(harness, proxy, options);
}

/** The same as on Lambda Managed Instances, where invocations run at once. */
export async function createConcurrentEnvironment<Db>(
  harness: ConformanceHarness<Db>,
  options: RdsProxyOptions = {},
  proxyOptions: Partial<LocalProxyOptions> = {},
): Promise<TestEnvironment<Db>> {
  // Also the default of `maxConnections`.
  vi.stubEnv("AWS_LAMBDA_MAX_CONCURRENCY", "1");
  try {
    return await createEnvironment(harness, options, proxyOptions);
  } finally {
    vi.unstubAllEnvs();
  }
}

/** Creates another environment behind the same proxy. */
export function createEnvironmentOn<Db>(
  harness: ConformanceHarness<Db>,
  proxy: LocalProxy,
  options: RdsProxyOptions = {},
): TestEnvironment<Db> {
  const middleware = harness.createMiddleware({ ...connectTo(proxy), ...UNHURRIED, ...options });
  onTestFinished(() => middleware.close());

  const invoke: TestEnvironment<Db>["invoke"] = async (handler, { remainingMs } = {}) => {
    const middyfied = middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        const query: ConformanceQuery = (statement) => harness.query(db, statement);
        return handler({
          db,
          query,
          transaction: async (work, end) => {
            if (harness.transaction) return harness.transaction(db, work, end);
            await query("begin");
            await work(query);
            await query(end);
          },
        });
      });
    return invokeHandler(harness, middyfied, remainingMs);
  };

  return {
    proxy,
    middleware,
    invoke,
    async clientConnectionId() {
      await invoke(({ query }) => query("select 1"));
      return proxy.messages().at(-1)?.connection;
    },
    async createTable() {
      const table = `t_${randomUUID().replaceAll("-", "")}`;
      await invoke(({ query }) => query(`create table ${table} (id int)`));
      onTestFinished(async () => {
        await invoke(({ query }) => query(`drop table ${table}`));
      });
      return table;
    },
    async rowCount(table) {
      const rows = await invoke(({ query }) => query(`select count(*) as n from ${table}`));
      return Number(rows[0]?.["n"]);
    },
  };
}
