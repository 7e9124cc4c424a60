import { expect, test } from "vitest";
import { mysqlEffects } from "./mysql-effects.js";

test("reads a SET statement of very many assignments", () => {
  const assignments = 300_000;
  expect(mysqlEffects(`set ${"@a=1,".repeat(assignments)}@b=1`)).toHaveLength(assignments + 2);
});
