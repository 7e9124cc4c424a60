import { RdsProxyError } from "@rds-proxy/core";
import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

export function brokenConnections<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);
  test.each(["fin", "rst", "admin-shutdown"] as const)(
    "a connection closed by %s between invocations is replaced",
    async (manner) => {
      const { proxy, clientConnectionId } = await createEnvironment(harness);
      const first = await clientConnectionId();
      expect(proxy.faults.killConnections(manner)).toBe(1);
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
      expect(await clientConnectionId()).not.toBe(first);
    },
  );

  test("a silent connection fails its validation and is replaced", async () => {
    const { proxy, clientConnectionId } = await createEnvironment(harness, { validateAfterIdleMs: 0 });
    const first = await clientConnectionId();
    expect(proxy.faults.silenceConnections()).toBe(1);
    expect(await clientConnectionId()).not.toBe(first);
  });

  test.each(["fin", "rst", "admin-shutdown"] as const)(
    "a connection closed by %s during a query fails it with the driver's error, and the next invocation gets another",
    async (manner) => {
      const { proxy, invoke } = await createEnvironment(harness);
      const failed = invoke(async ({ query }) => {
        const sleeping = query(harness.sql.sleep(30));
        proxy.faults.killConnections(manner);
        return sleeping;
      });
      await expect(failed).rejects.toThrow();
      expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    },
  );

  test("a statement without a reply is not sent again", async () => {
    const { proxy, invoke, createTable, rowCount } = await createEnvironment(harness);
    const table = await createTable();
    proxy.faults.loseNextReply();
    await expect(invoke(({ query }) => query(`insert into ${table} values (1)`))).rejects.toThrow();
    expect(await rowCount(table)).toBe(1);
  });

  test.each([
    ["reset-before-commit", 0],
    ["close-after-commit", 1],
  ] as const)(
    "a commit without a reply (%s) fails with the driver's error, and its transaction is not sent again",
    async (fault, rows) => {
      const { proxy, invoke, createTable, rowCount } = await createEnvironment(harness);
      const table = await createTable();
      const failed = invoke(({ transaction }) => {
        proxy.faults.failCommits(fault);
        return transaction(async (query) => {
          await query(`insert into ${table} values (1)`);
        }, "commit");
      });
      // An error of connecting would say that no statement was sent.
      await expect(failed).rejects.toSatisfy((error) => !(error instanceof RdsProxyError));
      expect(proxy.metrics().CommitsLost).toEqual({ [fault]: 1 });
      expect(await rowCount(table)).toBe(rows);
    },
  );

  test("a broken handshake is retried at every stage", async () => {
    const { proxy, invoke } = await createEnvironment(harness);
    proxy.faults.failConnects("reset-on-accept");
    proxy.faults.failConnects("close-after-tls");
    proxy.faults.failConnects("reset-after-startup");
    proxy.faults.failConnects("close-after-password");
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(5);
  });
}
