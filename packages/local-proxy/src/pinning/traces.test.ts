import { expect, test } from "vitest";
import { connectMysql } from "../testing/proxied-mysql-client.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";

test.each([
  ["diagnostics", "select 1 / 0", "show warnings"],
  [
    "calc-found-rows",
    "select sql_calc_found_rows 1 as one union select 2 limit 1",
    "select found_rows() as found",
  ],
] as const)(
  "%s: what a statement leaves is not seen by other clients once the rule is on",
  async (rule, leave, look) => {
    const proxy = await startMysqlForTest({ pinning: { rules: { [rule]: true, "row-count": false } } });
    const client = await connectMysql(proxy);
    const other = await connectMysql(proxy);
    const [before] = await other.query(look);
    const work = rule === "diagnostics" ? [look, leave] : [leave];
    for (const statement of work) await client.query(statement);
    expect((await other.query(look))[0]).toEqual(before);
    expect(proxy.pins()[0]).toMatchObject({ rule });
    await Promise.all([client.end(), other.end()]);
  },
);
