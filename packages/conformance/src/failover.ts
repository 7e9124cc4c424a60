import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment, createEnvironmentOn } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

export function failover<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);

  test("a writer that became read-only is left behind, and the error reaches the handler unchanged", async () => {
    const { proxy, invoke, createTable, rowCount, sessionId } = await createEnvironment(harness);
    const table = await createTable();
    const first = await sessionId();
    proxy.faults.setReadOnly(true);
    const error = await invoke(({ query }) => query(`insert into ${table} values (1)`)).catch(
      (thrown: unknown) => thrown,
    );
    proxy.faults.setReadOnly(false);
    expect(error).not.toHaveProperty("name", "RdsProxyError");
    expect(String(error)).toMatch(/read[- ]only/i);
    expect(await sessionId()).not.toBe(first);
    expect(await rowCount(table)).toBe(0);
  });

  test.each(["fin", "rst", "admin-shutdown"] as const)(
    "a writer that restarts (%s) under a transaction fails it once, undone and unrepeated, and the next one succeeds",
    async (manner) => {
      const { proxy, invoke, createTable, rowCount } = await createEnvironment(
        harness,
        {},
        { recordMessages: true },
      );
      const table = await createTable();
      const transfer = (fail: () => void): Promise<void> =>
        invoke(({ transaction }) =>
          transaction(async (query) => {
            await query(`insert into ${table} values (1)`);
            fail();
            await query(`insert into ${table} values (2)`);
          }, "commit"),
        );
      const failing = transfer(() => void proxy.faults.killConnections(manner));
      await expect(failing).rejects.not.toHaveProperty("name", "RdsProxyError");
      expect(await rowCount(table)).toBe(0);
      await transfer(() => undefined);
      expect(await rowCount(table)).toBe(2);
      const sent = proxy.messages().filter(({ text }) => text === `insert into ${table} values (1)`);
      expect(sent).toHaveLength(2);
    },
  );

  test("a database session that its own handler kills costs the next invocation nothing", async () => {
    const { invoke } = await createEnvironment(harness);
    await expect(invoke(({ query }) => query(harness.sql.killItself))).rejects.toThrow();
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("a lock that a handler leaves behind holds up nobody", async () => {
    const { proxy, invoke, createTable, rowCount } = await createEnvironment(harness);
    const table = await createTable();
    await invoke(({ query }) => query(`insert into ${table} values (1)`));
    await invoke(async ({ query }) => {
      await query("begin");
      await query(`select * from ${table} for update`);
    });
    const other = createEnvironmentOn(harness, proxy);
    await other.invoke(({ query }) => query(`update ${table} set id = 2`));
    expect(await rowCount(table)).toBe(1);
  });
}
