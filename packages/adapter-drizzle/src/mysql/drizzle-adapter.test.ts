import { int, mysqlTable } from "drizzle-orm/mysql-core";
import { expect, it } from "vitest";
import { drizzleAdapter } from "./drizzle-adapter.js";

it("a schema needs no mode, although Drizzle requires one", () => {
  const orders = mysqlTable("orders", { id: int() });
  expect(drizzleAdapter({ schema: { orders } }).engine).toBe("mysql");
});
