import { connectionOptions } from "@rds-proxy/connect/postgres-js";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import postgres from "postgres";
import { expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { ROUTES, startProxyFor } from "../support/routes.js";
import { describeOn } from "../support/tested-engines.js";

async function start(): Promise<LocalProxy> {
  const proxy = await startLocalProxy({
    engine: "postgres",
    upstream: inject("postgres"),
    recordMessages: true,
  });
  onTestFinished(() => proxy.close());
  return proxy;
}

function createSql(options: RdsProxyOptions, own: object = {}): postgres.Sql {
  const sql = postgres({ ...connectionOptions(options), ...own });
  onTestFinished(() => sql.end({ timeout: 0 }));
  return sql;
}

/** What a query rejects with. A query of postgres.js in `expect()` itself would never end. */
function failureOf(query: PromiseLike<unknown>): PromiseLike<unknown> {
  return query.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describeOn("postgres", "postgres.js", () => {
  test.each(ROUTES)("logs in on the way to $name, with a token for each connection", async (route) => {
    const proxy = await startProxyFor(route, "postgres");
    const sql = createSql(route.options(proxy));
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    proxy.faults.killConnections("fin");
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    expect(await sql`select 2 as two`).toEqual([{ two: 2 }]);
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 2, TokensRefused: {} });
  });

  test("works as by itself, and pins nothing", async () => {
    const proxy = await start();
    const sql = createSql(connectTo(proxy), { connection: { application_name: "orders" } });
    const found = await sql.begin("isolation level repeatable read", (transaction) =>
      transaction.savepoint((inner) => inner`select ${1}::int as id, ${["a", "b"]}::text[] as tags`),
    );
    expect(found).toEqual([{ id: 1, tags: ["a", "b"] }]);
    expect(await failureOf(sql`select 1/0`)).toMatchObject({ code: "22012" });
    expect(await Promise.all([1, 2, 3].map((n) => sql`select ${n}::int as n`))).toEqual([
      [{ n: 1 }],
      [{ n: 2 }],
      [{ n: 3 }],
    ]);
    expect(await sql.unsafe("show application_name")).toEqual([{ application_name: "orders" }]);
    expect(proxy.messages().filter(({ statementName }) => statementName)).toEqual([]);
    expect(proxy.pins()).toEqual([]);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
  });

  test("a passing failure of the login is retried, and one that lasts loses no place in the pool", async () => {
    const proxy = await start();
    const sql = createSql({
      ...connectTo(proxy),
      retry: { maxAttempts: 3, baseDelayMs: 1, maxDelayMs: 1 },
    });
    proxy.faults.failConnects("exhausted", { times: 2 });
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    proxy.faults.killConnections("rst");
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    proxy.faults.failConnects("exhausted", { times: 3 });
    expect(await failureOf(sql`select 1`)).toMatchObject({ code: "RDS_PROXY_EXHAUSTED", attempts: 3 });
    expect(await sql`select 2 as two`).toEqual([{ two: 2 }]);
  });

  test("a failing provider of credentials fails the query, and not the process", async () => {
    const proxy = await start();
    const working = connectTo(proxy);
    let isFailing = true;
    const sql = createSql({
      ...working,
      credentials: async () => {
        if (isFailing) throw new Error("no credentials today");
        return working.credentials;
      },
    });
    expect(await failureOf(sql`select 1`)).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    isFailing = false;
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  test("cannot see that a connection broke while the process was frozen: one query fails", async () => {
    const proxy = await start();
    const sql = createSql(connectTo(proxy));
    await sql`select 1`;
    proxy.faults.killConnections("rst");
    // Without a turn of the event loop, as after a thaw.
    expect(await failureOf(sql`select 1`)).toBeInstanceOf(Error);
    expect(await sql`select 2 as two`).toEqual([{ two: 2 }]);
  });

  test("keeps a transaction that was begun without `begin()`", async () => {
    const proxy = await start();
    const sql = createSql(connectTo(proxy));
    await sql.unsafe("begin");
    expect(proxy.metrics().DatabaseConnectionsCurrentlyInTransaction).toBe(1);
    expect(await sql`select now() = statement_timestamp() as is_new`).toEqual([{ is_new: false }]);
  });

  test("a cancelled query ends, and the request for it leaves no connection behind", async () => {
    const proxy = await start();
    const sql = createSql(connectTo(proxy));
    await sql`select 1`;
    const query = sql`select pg_sleep(0.2), 1 as one`.execute();
    await expect.poll(() => proxy.messages().some(({ text }) => text?.includes("pg_sleep"))).toBe(true);
    await query.cancel();
    expect(await query).toMatchObject([{ one: 1 }]);
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(1);
  });
});

test("wrong options are refused before any connection", () => {
  expect(() => Reflect.apply(connectionOptions, undefined, [{ hots: "db" }])).toThrow("hots");
  expect(() => Reflect.apply(connectionOptions, undefined, ["postgres://db"])).toThrow("options: expected");
});
