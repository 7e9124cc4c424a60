import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment } from "./environment.js";
import type { ConformanceHarness, ConformanceQuery } from "./harness.js";

/** What a probe sees, or why it sees nothing. */
async function look(query: ConformanceQuery, probe: string): Promise<unknown> {
  try {
    return await query(probe);
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

export function sessionState<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);

  test.each(harness.sql.sessionStates)(
    "$name ends with its invocation, and with its connection",
    async ({ change, probe }) => {
      const { proxy, invoke, createTable } = await createEnvironment(harness);
      const table = await createTable();
      const before = await invoke(({ query }) => look(query, probe));
      const received = proxy.metrics().ClientConnectionsReceived;
      await invoke(async ({ query }) => {
        for (const statement of change(table)) await query(statement);
        expect(await look(query, probe)).not.toEqual(before);
      });
      // A server releases the locks of a connection some time after it was closed. What the connection has kept would stay.
      await expect.poll(() => invoke(({ query }) => look(query, probe))).toEqual(before);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(received + 1);
    },
  );

  test("session state ends with its invocation when the handler throws", async () => {
    const [example] = harness.sql.sessionStates;
    if (!example) throw new Error("the harness has no example");
    const { invoke, createTable } = await createEnvironment(harness);
    const table = await createTable();
    const before = await invoke(({ query }) => look(query, example.probe));
    await expect(
      invoke(async ({ query }) => {
        for (const statement of example.change(table)) await query(statement);
        throw new Error("the handler's own");
      }),
    ).rejects.toThrow("the handler's own");
    expect(await invoke(({ query }) => look(query, example.probe))).toEqual(before);
  });

  test("with sessionState: keep, session state reaches the next invocation", async () => {
    const [example] = harness.sql.sessionStates;
    if (!example) throw new Error("the harness has no example");
    const { proxy, invoke, createTable } = await createEnvironment(harness, { sessionState: "keep" });
    const table = await createTable();
    const changed = await invoke(async ({ query }) => {
      for (const statement of example.change(table)) await query(statement);
      return look(query, example.probe);
    });
    expect(await invoke(({ query }) => look(query, example.probe))).toEqual(changed);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
  });

  test.each(Object.entries(harness.sql.withoutSessionState))(
    "the connection is kept after %s",
    async (_, statements) => {
      const { proxy, invoke, createTable } = await createEnvironment(harness);
      const table = await createTable();
      for (let invocation = 0; invocation < 3; invocation++) {
        await invoke(async ({ query }) => {
          for (const statement of statements(table)) await query(statement);
        });
      }
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    },
  );

  test("with onPin: throw, a statement that would pin fails before it is sent", async () => {
    const [example] = harness.sql.sessionStates;
    if (!example) throw new Error("the harness has no example");
    const { proxy, invoke, createTable } = await createEnvironment(harness, { onPin: "throw" });
    const table = await createTable();
    const pinning = example.change(table).at(-1) ?? "";
    const failure: unknown = await invoke(async ({ query }) => {
      const refused = await query(pinning).catch((error: unknown) => error);
      expect(await query("select 1 as one")).toEqual([{ one: 1 }]);
      return refused;
    });
    expect(String(failure)).toMatch(/The statement was not sent: .+\. [A-Z].+\.$/);
    expect(proxy.messages().map(({ text }) => text)).not.toContain(pinning);
    expect(proxy.pins()).toEqual([]);
  });
}
