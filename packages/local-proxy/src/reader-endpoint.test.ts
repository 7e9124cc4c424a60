import { expect } from "vitest";
import { connectClient } from "./testing/proxied-client.js";
import { connectMysql } from "./testing/proxied-mysql-client.js";
import { startForTest } from "./testing/start-for-test.js";
import { startMysqlForTest } from "./testing/start-mysql-for-test.js";
import { testOn } from "./testing/tested-engines.js";

testOn("postgres", "PostgreSQL's reader endpoint answers queries and refuses writes with 25006", async () => {
  const proxy = await startForTest({ targetRole: "read-only" });
  const client = await connectClient(proxy);
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await expect(client.query("create table written_on_reader (id int)")).rejects.toMatchObject({
    code: "25006",
  });
  proxy.faults.clear();
  await expect(client.query("create table written_on_reader (id int)")).rejects.toMatchObject({
    code: "25006",
  });
  expect(proxy.pins()).toEqual([]);
  await client.end();
});

testOn(
  "mysql",
  "MySQL's reader endpoint answers queries and refuses writes with 1290, as on a server that is read only",
  async () => {
    const proxy = await startMysqlForTest({ targetRole: "read-only" });
    const client = await connectMysql(proxy);
    expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
    const statement = "create table written_on_reader (id int)";
    for (const write of [() => client.query(statement), () => client.execute(statement)]) {
      await expect(write()).rejects.toMatchObject({
        errno: 1290,
        sqlState: "HY000",
        message:
          "The MySQL server is running with the --read-only option so it cannot execute this statement",
      });
    }
    await client.end();
  },
);
