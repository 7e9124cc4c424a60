import { type Kysely, sql } from "kysely";
import { expect } from "vitest";
import { type DB, kyselyEngines, openKysely, startProxy } from "../support/kysely-engines.js";
import { testOn } from "../support/tested-engines.js";

const one = async (db: Kysely<DB>) => (await sql<{ one: number }>`select 1 as one`.execute(db)).rows;

async function recordedKysely(engine: "postgres" | "mysql") {
  const found = kyselyEngines.find((each) => each.engine === engine);
  if (!found) throw new Error(`no engine ${engine}`);
  const proxy = await startProxy(found, { recordMessages: true });
  return { db: openKysely(found, proxy), texts: () => proxy.messages().flatMap(({ text }) => text ?? []) };
}

testOn("postgres", "on PostgreSQL an isolation level goes with the transaction", async () => {
  const { db, texts } = await recordedKysely("postgres");
  await db.transaction().setIsolationLevel("serializable").execute(one);
  expect(texts()).toEqual(["start transaction isolation level serializable", "select 1 as one", "commit"]);
});

testOn("mysql", "on MySQL an isolation level of a transaction is a statement that pins", async () => {
  const { db, texts } = await recordedKysely("mysql");
  await db.transaction().setIsolationLevel("read committed").execute(one);
  expect(texts()).toEqual([
    "set transaction isolation level read committed",
    "begin",
    "select 1 as one",
    "commit",
  ]);
});

testOn(
  "mysql",
  "on MySQL an isolation level at session scope does not, and counts for the transactions after it",
  async () => {
    const { db, texts } = await recordedKysely("mysql");
    const level = await db.connection().execute(async (connection) => {
      await sql`set session transaction isolation level read committed`.execute(connection);
      return connection.transaction().execute(async (trx) => {
        // MySQL and MariaDB name the variable differently.
        const { rows } = await sql<{ Value: string }>`show variables where variable_name in (${sql.join([
          sql.lit("transaction_isolation"),
          sql.lit("tx_isolation"),
        ])})`.execute(trx);
        return rows[0]?.Value;
      });
    });
    expect(level).toBe("READ-COMMITTED");
    expect(texts()).toEqual([
      "set session transaction isolation level read committed",
      "begin",
      "show variables where variable_name in ('transaction_isolation', 'tx_isolation')",
      "commit",
    ]);
  },
);
