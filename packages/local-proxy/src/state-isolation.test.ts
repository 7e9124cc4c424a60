import fc from "fast-check";
import type { RowDataPacket } from "mysql2/promise";
import { expect } from "vitest";
import { connectClient } from "./testing/proxied-client.js";
import { connectMysql } from "./testing/proxied-mysql-client.js";
import { startForTest } from "./testing/start-for-test.js";
import { startMysqlForTest } from "./testing/start-mysql-for-test.js";
import { testOn } from "./testing/tested-engines.js";

const clientCount = 6;

/** A client's next step: change its state, read it, or both within a transaction. */
interface Step {
  readonly client: number;
  readonly kind: "change" | "look" | "transaction";
  readonly value: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    client: fc.nat(clientCount - 1),
    kind: fc.constantFrom("change" as const, "look" as const, "transaction" as const),
    value: fc.integer({ min: 1, max: 9 }),
  }),
  { maxLength: 40 },
);

/** A client with its state in a session setting. */
interface Stateful {
  change(value: number): Promise<unknown>;
  look(): Promise<unknown>;
  run(statement: string): Promise<unknown>;
}

/** Runs the steps of each client in order, and the clients concurrently. */
async function expectOwnState(clients: readonly Stateful[], sequence: readonly Step[]): Promise<void> {
  await Promise.all(
    clients.map(async (client, index) => {
      let own = index + 10;
      await client.change(own);
      for (const { kind, value } of sequence.filter((step) => step.client === index)) {
        if (kind === "transaction") await client.run("begin");
        if (kind !== "look") {
          own = value;
          await client.change(own);
        }
        expect(await client.look()).toBe(own);
        if (kind === "transaction") await client.run("commit");
        expect(await client.look()).toBe(own);
      }
    }),
  );
}

testOn("postgres", "PostgreSQL: clients that share a pool do not see each other's settings", async () => {
  const proxy = await startForTest({ maxConnections: clientCount + 1 });
  const connections = await Promise.all(Array.from({ length: clientCount }, () => connectClient(proxy)));
  const clients = connections.map((connection) => ({
    change: (value: number) => connection.query(`set statement_timeout = ${value * 1000}`),
    look: async () =>
      Number.parseInt((await connection.query("show statement_timeout")).rows[0].statement_timeout, 10),
    run: (statement: string) => connection.query(statement),
  }));
  const stranger = await connectClient(proxy);
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const usual = stranger.query("show statement_timeout");
      await expectOwnState(clients, sequence);
      expect((await usual).rows).toEqual([{ statement_timeout: "0" }]);
    }),
    { numRuns: 15 },
  );
  expect(proxy.metrics().DatabaseConnectionsCurrentlySessionPinned).toBe(clientCount);
  await Promise.all([...connections, stranger].map((connection) => connection.end()));
});

testOn(
  "mysql",
  "MySQL: clients that share few connections without pinning do not see each other's settings",
  async () => {
    const proxy = await startMysqlForTest({ maxConnections: 3 });
    const connections = await Promise.all(Array.from({ length: clientCount }, () => connectMysql(proxy)));
    const clients = connections.map((connection) => ({
      change: (value: number) => connection.query(`set session wait_timeout = ${value * 1000}`),
      async look() {
        const [rows] = await connection.query<RowDataPacket[]>("select @@wait_timeout as value");
        return Number(rows[0]?.["value"]) / 1000;
      },
      run: (statement: string) => connection.query(statement),
    }));
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => expectOwnState(clients, sequence)),
      { numRuns: 15 },
    );
    expect(proxy.pins()).toEqual([]);
    await Promise.all(connections.map((connection) => connection.end()));
  },
);
