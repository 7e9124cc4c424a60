import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { DurableExecutionClient } from "@aws/durable-execution-sdk-js";
import { LocalDurableTestRunner } from "@aws/durable-execution-sdk-js-testing";
import { mysqlOrMariaDb, postgres, type Session } from "@rds-proxy/lambda-kit/administration";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { adapters } from "../support/adapters.js";
import { serveDurableApi } from "./durable-api.js";
import type { WriteAndWait } from "./handlers/durable.js";
import { startFunction } from "./start-function.js";

// The library stores the progress and calls the function again after a wait.
beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: false }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

const handlerFile = fileURLToPath(new URL("handlers/durable.ts", import.meta.url));

/** A session with the database itself, and a table of this test. */
async function createTable(engine: "postgres" | "mysql"): Promise<{ session: Session; table: string }> {
  const session = await (engine === "postgres" ? postgres : mysqlOrMariaDb).logIn(inject(engine));
  const table = `t_${randomUUID().replaceAll("-", "")}`;
  await session.query(`create table ${table} (id int)`);
  onTestFinished(async () => {
    await session.query(`drop table ${table}`);
    await session.end();
  });
  return { session, table };
}

describe.each(adapters)("a durable execution with $name", ({ name, engine }) => {
  test("that is suspended in a transaction and frozen finds it rolled back, and repeats no step", async () => {
    const { session, table } = await createTable(engine);
    let client: DurableExecutionClient | undefined;
    const url = await serveDurableApi(() => {
      if (!client) throw new Error("The function called before its invocation.");
      return client;
    });
    const variables = { TEST_ADAPTER: name, AWS_ENDPOINT_URL_LAMBDA: url };
    const { lambda } = await startFunction({ engine, handlerFile }, variables, { freezesBetween: true });
    const statuses: unknown[] = [];
    const runner = new LocalDurableTestRunner({
      handlerFunction: Object(
        async ({ durableExecutionClient, ...event }: { durableExecutionClient: DurableExecutionClient }) => {
          client = durableExecutionClient;
          const output = Object(await lambda.invoke(event));
          statuses.push(output.Status);
          return output;
        },
      ),
    });
    const payload: WriteAndWait = { table, seconds: 1 };
    const execution = await runner.run({ payload });
    expect(execution.getResult()).toEqual([{ id: 1 }]);
    expect(statuses).toEqual(["PENDING", "SUCCEEDED"]);
    // Would wait for a transaction that is open on the table.
    await session.query(`truncate table ${table}`);
  });
});
