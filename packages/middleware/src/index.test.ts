import { expect, it } from "vitest";
import { errorOf } from "../../core/src/testing/errors.js";
import { rdsProxy } from "./index.js";
import { rdsProxy as mysqlRdsProxy } from "./mysql.js";

it.each([
  ["index", rdsProxy, "pgAdapter"],
  ["mysql", mysqlRdsProxy, "mysql2Adapter"],
])("the entry %s has its engine's driver, and refuses wrong options at once", (_, create, adapter) => {
  const options = { host: "localhost", user: "app", region: "eu-west-1", charset: "utf8" };
  const { code, message } = errorOf(() => create(options));
  expect(code).toBe("RDS_PROXY_INVALID_OPTION");
  expect(message).toContain(
    `charset: not a known option. Options of the driver go to the adapter: \`adapter: ${adapter}(`,
  );
});
