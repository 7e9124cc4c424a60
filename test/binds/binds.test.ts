import { expect, inject, test } from "vitest";
import { checkBinds } from "./check-binds.js";
import { BindComparison, SESSION_KINDS } from "./compare.js";
import { TYPICAL_STATEMENTS } from "./statements.js";

test("values in the text do what bound values do, in every character set and SQL mode", async () => {
  const { verdicts } = await checkBinds(inject("mysql"), {
    runs: 2000,
    seed: Date.now() % 2 ** 31,
  });
  expect(verdicts.equal).toBeGreaterThan(400);
  expect(verdicts.different).toBe(0);
}, 300_000);

test("a value of a column's own type is stored and compared as a bound one", async () => {
  const comparison = await BindComparison.open(
    inject("mysql"),
    SESSION_KINDS[0] ?? { charset: "utf8mb4", sqlMode: "" },
    "binds_typical",
  );
  try {
    for (const statement of TYPICAL_STATEMENTS) {
      const { verdict, details } = await comparison.compare(statement);
      expect
        .soft({ ...statement, verdict }, JSON.stringify(details))
        .toEqual({ ...statement, verdict: "equal" });
    }
  } finally {
    await comparison.close();
  }
}, 120_000);
