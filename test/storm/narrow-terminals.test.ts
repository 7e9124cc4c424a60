import { stripVTControlCharacters } from "node:util";
import { tally } from "@rds-proxy/lambda-kit/fleet";
import { describe, expect, test } from "vitest";
import { columnsOf } from "../../demo/output/columns.js";
import { renderResults } from "../../demo/output/results.js";
import { contenders } from "../../demo/storm/contenders.js";
import { renderProgress } from "../../demo/storm/progress-bar.js";
import { renderResults as renderStorm } from "../../demo/storm/render-results.js";

test("an unknown width, or 0, becomes the default", () => {
  expect([{}, { columns: 0 }, { columns: 5 }, { columns: 80 }, { columns: 500 }].map(columnsOf)).toEqual([
    110, 110, 20, 80, 130,
  ]);
});

const words = "the invocation fails with RDS_PROXY_NO_FREE_CONNECTION and says so";
const results = [
  {
    step: { title: "exhausted slots", explanation: words },
    ours: [{ held: true, text: words }],
    snippet: [{ held: false, text: words }],
  },
];
const storm = contenders.map((contender) => ({
  contender,
  tally: tally([
    { durationMs: 20, error: undefined },
    { durationMs: 20, error: "remaining connection slots are reserved" },
  ]),
  samples: [{ atMs: 0, connections: 30 }],
  frozenAtMs: 100,
}));
const conditions = { server: "PostgreSQL 18", environments: 200, maxConnections: 60, loginsPerSecond: 100 };

describe.each([20, 40, 80, 100, 130])("on %i columns", (columns) => {
  test("no line is longer", () => {
    const progress = { name: "straight at the server", shareOfTime: 0.4, answered: 123, failed: 45 };
    const shown = [
      renderResults(results, columns),
      renderStorm(storm, conditions, columns),
      `⠋ ${renderProgress(progress, columns)}`,
    ].map(stripVTControlCharacters);
    for (const text of shown) {
      for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(columns);
    }
  });
});

test.each([40, 80, 100, 130])("on %i columns no word is broken", (columns) => {
  const text = stripVTControlCharacters(renderResults(results, columns));
  expect(text.match(/RDS_PROXY_NO_FREE_CONNECTION/g)).toHaveLength(3);
});
