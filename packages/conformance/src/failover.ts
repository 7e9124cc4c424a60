import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment, createEnvironmentOn } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

export function failover<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);

  test("the connection to a writer that became read-only is replaced, and the handler gets the driver's error", async () => {
    const { proxy, invoke, createTable, rowCount, clientConnectionId } = await createEnvironment(harness);
    const table = await createTable();
    const first = await clientConnectionId();
    proxy.faults.setReadOnly(true);
    const error = await invoke(({ query }) => query(`insert into ${table} values (1)`)).catch(
      (thrown: unknown) => thrown,
    );
    proxy.faults.setReadOnly(false);
    expect(error).not.toHaveProperty("name", "RdsProxyError");
    expect(String(error)).toMatch(/read[- ]only/i);
    expect(await clientConnectionId()).not.toBe(first);
    expect(await rowCount(table)).toBe(0);
  });

  test.each(["fin", "rst", "admin-shutdown"] as const)(
    "a restart of the writer (%s) in a transaction fails it once, without effect or repetition, and the next one succeeds",
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

  test("the next invocation works after a handler has killed its own database session", async () => {
    const { invoke } = await createEnvironment(harness);
    await expect(invoke(({ query }) => query(harness.sql.killItself))).rejects.toThrow();
    expect(await invoke(({ query }) => query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("a lock that a handler left behind does not block other clients", async () => {
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
