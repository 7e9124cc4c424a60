import { expect, test } from "vitest";
import { mysqlEffects } from "./mysql-effects.js";

test("reads a SET statement of very many assignments", () => {
  const assignments = 300_000;
  expect(mysqlEffects(`set ${"@a=1,".repeat(assignments)}@b=1`)).toHaveLength(assignments + 2);
});

// Searching the end of the comment at each of them would take 10^10 steps, so the test would time out.
test("reads very many executable comments in linear time", () => {
  const effects = mysqlEffects("/*!50000 a ".repeat(100_000));
  expect(effects.filter((effect) => effect === "executable-comment")).toHaveLength(100_000);
});

test.each([
  ["begin not atomic declare exit handler for sqlexception set @a = 1; select 1; end"],
  ["begin not atomic declare exit handler for not found, 1062 begin set @a = 1; end; select 1; end"],
  ["begin select 1; exception when others then set @a = 1; end"],
  ["begin <<l>> loop set @a = 1; leave l; end loop; end"],
])("finds what a block of MariaDB can run: %s", (text) => {
  expect(mysqlEffects(text)).toEqual(["set-variable"]);
});
