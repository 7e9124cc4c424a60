import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createConcurrentEnvironment, createEnvironment, createEnvironmentOn } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

/** The time of invocations of which many run at once, on a machine that may be busy. */
const MANY_AT_ONCE_MS = 25_000;

export function concurrency<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);
  test.each([1, 4, 16])(
    "50 interleaved transactions on %i connections stay separate",
    async (maxConnections) => {
      const { proxy, invoke, createTable, rowCount } = await createConcurrentEnvironment(harness, {
        maxConnections,
      });
      const table = await createTable();
      const transactions = Array.from({ length: 50 }, (_, id) =>
        invoke(
          ({ transaction }) =>
            transaction(
              async (query) => {
                const sessionOf = async (): Promise<unknown> =>
                  (await query(harness.sql.sessionId))[0]?.["id"];
                const begun = await sessionOf();
                await query(`insert into ${table} values (${id})`);
                const [row] = await query(`select count(*) as n from ${table} where id = ${id}`);
                expect(Number(row?.["n"])).toBe(1);
                expect(await sessionOf()).toBe(begun);
              },
              id % 2 === 0 ? "commit" : "rollback",
            ),
          { remainingMs: MANY_AT_ONCE_MS },
        ),
      );
      await Promise.all(transactions);
      expect(await rowCount(table)).toBe(25);
      expect(proxy.metrics().ClientConnectionsReceived).toBeLessThanOrEqual(maxConnections);
    },
  );

  test("concurrent cold starts make one connect per slot", async () => {
    const { proxy, invoke } = await createConcurrentEnvironment(harness, { maxConnections: 4 });
    await Promise.all(Array.from({ length: 20 }, () => invoke(({ query }) => query("select 1"))));
    expect(proxy.metrics().ClientConnectionsReceived).toBe(4);
  });

  test("an invocation that gets no free connection in its time fails with RDS_PROXY_NO_FREE_CONNECTION", async () => {
    const { invoke } = await createConcurrentEnvironment(harness);
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const holding = invoke(({ transaction }) =>
      transaction(async () => {
        begun.resolve();
        await done.promise;
      }, "commit"),
    );
    await begun.promise;
    await expect(invoke(async () => undefined, { remainingMs: 200 })).rejects.toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message: expect.stringMatching(/maxConnections/),
    });
    done.resolve();
    await holding;
  });

  test("two middlewares do not share connections", async () => {
    const one = await createEnvironment(harness);
    const two = createEnvironmentOn(harness, one.proxy);
    expect(await one.clientConnectionId()).not.toBe(await two.clientConnectionId());
    await one.middleware.close();
    expect(await two.invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });
}
