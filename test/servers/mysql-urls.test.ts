import { mysqlServerOf } from "@rds-proxy/lambda-kit/servers";
import { expect, inject, test } from "vitest";

const { host, port, user, password, database } = inject("mysql");
const url = `mysql://${user}:${password}@${host}:${port}/${database}`;
const tested = inject("servers")[0];
const other = tested === "mysql" ? "mariadb" : "mysql";

test("the server at a URL is asked which it is", async () => {
  const env = { TEST_MYSQL_URL: url };
  if (tested !== "mysql" && tested !== "mariadb") throw new Error(`no server of MySQL's protocol: ${tested}`);
  expect(await mysqlServerOf(tested, env)).toEqual({ host, port, user, password, database });
  expect(await mysqlServerOf(other, env)).toBeUndefined();
  expect(await mysqlServerOf(other, {})).toBeUndefined();
});

test("two servers of one kind are an error, which shows no password", async () => {
  const found = mysqlServerOf(other, { TEST_MYSQL_URL: `${url} ${url}` });
  expect(await found).toBeUndefined();
  if (tested !== "mysql" && tested !== "mariadb") throw new Error(`no server of MySQL's protocol: ${tested}`);
  const twice = mysqlServerOf(tested, { TEST_MYSQL_URL: `${url} ${url}` });
  await expect(twice).rejects.toThrow(
    `TEST_MYSQL_URL: ${host}:${port} and ${host}:${port} are both ${tested}; expected one server of each kind.`,
  );
});

test("a server that does not answer is named by its address", async () => {
  const unreachable = mysqlServerOf("mysql", { TEST_MYSQL_URL: "mysql://app:hunter2@127.0.0.1:1/test" });
  await expect(unreachable).rejects.toThrow("TEST_MYSQL_URL: 127.0.0.1:1 did not tell its version.");
  await expect(unreachable).rejects.not.toThrow("hunter2");
});

test("a text that is no URL is an error without the text", async () => {
  await expect(mysqlServerOf("mysql", { TEST_MYSQL_URL: "app:hunter2" })).rejects.toThrow(
    /^TEST_MYSQL_URL: expected scheme:/,
  );
});
