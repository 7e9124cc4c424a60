import middy from "@middy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import type { Kysely, QueryResult } from "kysely";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { type DB, kyselyEngines, openKysely, startProxy } from "../support/kysely-engines.js";
import { onTestedEngines } from "../support/tested-engines.js";

// Kysely 0.29 and later.
describe.each(onTestedEngines(kyselyEngines))("an aborted query on $engine", (engine) => {
  const one = async (db: Kysely<DB>) => (await sql<{ one: number }>`select 1 as one`.execute(db)).rows;

  test("is not waited for any longer, and keeps its connection until the answer has come", async () => {
    const proxy = await startProxy(engine, { recordMessages: true });
    const db = openKysely(engine, proxy);
    const controller = new AbortController();
    const aborted = db.executeQuery(sql.raw(engine.sleep.replace("30", "0.2")).compile(db), {
      signal: controller.signal,
    });
    await expect.poll(() => proxy.messages().length).toBeGreaterThan(0);
    controller.abort(new Error("the caller's own"));
    await expect(aborted).rejects.toThrow("the caller's own");
    expect(await one(db)).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test("of an invocation does not wait for its turn any longer, is not sent, and leaves the turn to others", async () => {
    const proxy = await startProxy(engine, { recordMessages: true });
    const middleware = engine.createMiddleware(connectTo(proxy));
    onTestFinished(() => middleware.close());
    const controller = new AbortController();
    await middy()
      .use(middleware)
      .handler(async (_event: unknown, { db }) => {
        let aborted: Promise<unknown> = Promise.resolve();
        let other: Promise<unknown> = Promise.resolve();
        await db.transaction().execute(async (trx) => {
          aborted = db.executeQuery(sql.raw(engine.sleep).compile(db), { signal: controller.signal });
          other = one(db);
          await one(trx);
          controller.abort(new Error("the caller's own"));
          await expect(aborted).rejects.toThrow("the caller's own");
        });
        expect(await other).toEqual([{ one: 1 }]);
      })({}, lambdaContext());
    expect(proxy.messages().map(({ text }) => text)).not.toContain(engine.sleep);
  });

  test.each(["cancel query", "kill session"] as const)(
    'is not cancelled by "%s", which could cancel another client\'s query behind RDS Proxy, and nothing is sent',
    async (inflightQueryAbortStrategy) => {
      const proxy = await startProxy(engine, { recordMessages: true });
      const db = openKysely(engine, proxy);
      const { signal } = new AbortController();
      const refused: Promise<QueryResult<unknown>> = db.executeQuery(sql.raw(engine.sleep).compile(db), {
        signal,
        inflightQueryAbortStrategy,
      });
      await expect(refused).rejects.toMatchObject({
        code: "RDS_PROXY_UNSUPPORTED",
        message: expect.stringMatching(/^inflightQueryAbortStrategy: expected "ignore query"/),
      });
      expect(proxy.messages()).toEqual([]);
      expect(await one(db)).toEqual([{ one: 1 }]);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    },
  );
});
