import type { RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import { eventually } from "../testing/eventually.js";
import { connectMysql } from "../testing/proxied-mysql-client.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";
import { trackedVariables } from "./tracked-variables.js";

const names = [...trackedVariables].map((name) => `'${name}'`).join();

test.each([
  [["set collation_connection = latin1_bin", "set character_set_connection = utf8mb4"]],
  [["set names utf8mb4 collate utf8mb4_bin", "set character_set_connection = latin1"]],
  [["set names latin1", "set collation_connection = utf8mb4_bin"]],
  [["set collation_server = latin1_bin", "set character_set_server = utf8mb4"]],
  [["set character_set_server = latin1", "set collation_server = utf8mb4_bin"]],
  [["set character_set_database = latin1", "use mysql"]],
  [["set collation_database = latin1_bin", "set character_set_database = utf8mb4"]],
  [["use mysql", "set character_set_database = latin1"]],
  [["create database if not exists tracked_latin1 character set latin1", "use tracked_latin1"]],
  [["use tracked_latin1", "set character set utf8mb4"]],
  [["use tracked_latin1", "set character_set_database = utf8mb4"]],
  [["set character set latin1", "set character_set_results = null"]],
  [["set time_zone = '+01:00', sql_mode = 'ANSI'", "set sql_mode = default"]],
  [["set session transaction isolation level serializable", "set session transaction read only"]],
])("a client's next connection has its variables as after %j", async (statements) => {
  const proxy = await startMysqlForTest({ maxConnections: 2 });
  const client = await connectMysql(proxy);
  for (const statement of statements) await client.query(statement);
  const read = async (): Promise<unknown> => {
    const [rows] = await client.query<RowDataPacket[]>(
      `show session variables where variable_name in (${names})`,
    );
    const [database] = await client.query<RowDataPacket[]>("select database() as current");
    return [...rows, ...database];
  };
  const before = await read();
  // Its connection ends, so that it gets a new one.
  proxy.faults.beginFailover();
  proxy.faults.endFailover();
  expect(await read()).toEqual(before);
  expect(proxy.pins()).toEqual([]);
  expect(proxy.metrics().DatabaseConnectionsSetupSucceeded).toBeGreaterThan(1);
  await client.end();
});

test("a user without privileges for restricted variables can change its database", async () => {
  const direct = await startMysqlForTest();
  const admin = await connectMysql(direct);
  await admin.query("create database if not exists tracked_latin1 character set latin1");
  await admin.query("drop user if exists local_proxy_plain");
  await admin.query("create user local_proxy_plain identified by 'plain'");
  await admin.query("grant select on tracked_latin1.* to local_proxy_plain");
  const users = { local_proxy_plain: { password: "plain" } };
  const proxy = await startMysqlForTest({ users });
  const client = await connectMysql(proxy, { user: "local_proxy_plain", database: "" });
  await client.query("use tracked_latin1");
  await client.query("set names utf8mb4");
  // The proxy first reads from the server what that has changed.
  await eventually(() => proxy.metrics().DatabaseConnectionsCurrentlyBorrowed === 0);
  proxy.faults.beginFailover();
  proxy.faults.endFailover();
  const [rows] = await client.query("select @@character_set_database as charset");
  expect(rows).toEqual([{ charset: "latin1" }]);
  await client.end();
  await admin.query("drop user local_proxy_plain");
  await admin.end();
});
