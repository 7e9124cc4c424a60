import { expect, inject, test } from "vitest";
import { testedEngines } from "../support/tested-engines.js";
import { Ledger } from "./ledger.js";
import { createMysql } from "./mysql.js";
import { createPostgres } from "./postgres.js";
import { runMultiplexing } from "./run.js";

test.each(testedEngines)(
  "%s: each of many clients gets its own answers, while the server kills their sessions",
  async (name) => {
    const server = inject(name);
    const seed = Date.now();
    const report = await runMultiplexing({
      engine: name === "postgres" ? createPostgres(server) : createMysql(server),
      seed,
      seconds: 4,
      clients: 30,
      places: 5,
      killEveryMs: 100,
    });
    expect(report.violations, `seed ${seed}`).toEqual([]);
    expect(report.kills).toBeGreaterThan(0);
  },
  60_000,
);

test("the ledger finds rows that are lost, refused, repeated or foreign", () => {
  const ledger = new Ledger();
  for (const row of ["lost", "there", "twice", "unknown"]) ledger.begin(row);
  for (const row of ["lost", "there", "twice"]) ledger.confirm(row, "written");
  ledger.confirm("refused", "absent");
  expect(ledger.differences(["there", "twice", "twice", "refused", "foreign"])).toEqual([
    "row lost was acknowledged, and is missing",
    "row twice is there 2 times",
    "row refused was refused, and is there",
    "row foreign was never sent",
  ]);
});
