import { randomUUID } from "node:crypto";
import middy from "@middy/core";
import type { RdsProxyOptions } from "@rds-proxy/core";
import type { LocalProxy, LocalProxyOptions } from "@rds-proxy/local-proxy";
import type { RdsProxyMiddleware } from "@rds-proxy/middleware";
import { onTestFinished } from "vitest";
import { connectTo } from "./connect-to.js";
import type { ConformanceHarness, Query } from "./harness.js";
import { lambdaContext } from "./lambda-context.js";

export interface Invocation {
  /** What Lambda's clock says when the invocation begins. Default 10 s. */
  readonly remainingMs?: number;
}

/** What a handler of the suite works with. */
export interface Handled<Db> {
  readonly db: Db;
  readonly query: Query;
  transaction(work: (query: Query) => Promise<void>, end: "commit" | "rollback"): Promise<void>;
}

/** One execution environment: a proxy, a middleware, and invocations of handlers that use it. */
export interface TestEnvironment<Db> {
  readonly proxy: LocalProxy;
  readonly middleware: RdsProxyMiddleware<"db", Db>;
  invoke<Result>(
    handler: (handled: Handled<Db>) => Promise<Result>,
    invocation?: Invocation,
  ): Promise<Result>;
  /** The number of the client connection that an invocation gets; its database sessions change. */
  sessionId(): Promise<unknown>;
  /** A table of this test alone, with one column `id`. */
  createTable(): Promise<string>;
  rowCount(table: string): Promise<number>;
}

/** An environment with a proxy of its own. */
export async function createEnvironment<Db>(
  harness: ConformanceHarness<Db>,
  options: RdsProxyOptions = {},
  proxyOptions: Partial<LocalProxyOptions> = {},
): Promise<TestEnvironment<Db>> {
  const proxy = await harness.startProxy({ recordMessages: true, ...proxyOptions });
  onTestFinished(() => proxy.close());
  return createEnvironmentOn(harness, proxy, options);
}

/** One more environment behind the same proxy. */
export function createEnvironmentOn<Db>(
  harness: ConformanceHarness<Db>,
  proxy: LocalProxy,
  options: RdsProxyOptions = {},
): TestEnvironment<Db> {
  const middleware = harness.createMiddleware({ ...connectTo(proxy), ...options });
  onTestFinished(() => middleware.close());

  const invoke: TestEnvironment<Db>["invoke"] = async (handler, { remainingMs } = {}) =>
    middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        const query: Query = (statement) => harness.query(db, statement);
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
      })({}, lambdaContext(remainingMs));

  return {
    proxy,
    middleware,
    invoke,
    async sessionId() {
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
