import { stripVTControlCharacters } from "node:util";
import { tally } from "@rds-proxy/lambda-kit/fleet";
import { expect, test } from "vitest";
import { contenders } from "../../demo/storm/contenders.js";
import { stormFigures } from "../../demo/storm/figures.js";
import { renderProgress } from "../../demo/storm/progress-bar.js";
import { renderChart } from "../../demo/storm/render-chart.js";
import { renderPage } from "../../demo/storm/render-page.js";
import { percent, renderResults, renderSparkline } from "../../demo/storm/render-results.js";
import type { StormConditions, StormResult } from "../../demo/storm/result.js";

const conditions: StormConditions = {
  server: "PostgreSQL 18",
  environments: 200,
  maxConnections: 60,
  loginsPerSecond: 100,
};

const results: readonly StormResult[] = contenders.map((contender, index) => ({
  contender,
  tally: tally([
    { durationMs: 20, error: undefined },
    { durationMs: 30, error: undefined },
    ...(index === 0 ? [{ durationMs: 1, error: "slots are <reserved>" }] : []),
  ]),
  samples: [
    { atMs: 0, connections: 0 },
    { atMs: 100, connections: 30 },
    { atMs: 200, connections: 60 },
  ],
  frozenAtMs: 100,
}));

test("errors are counted by message, the most frequent first, and have no answer", () => {
  const outcomes = [
    { durationMs: 10, error: undefined },
    { durationMs: 30, error: undefined },
    { durationMs: 5000, error: "rare" },
    { durationMs: 5000, error: "frequent" },
    { durationMs: 5000, error: "frequent" },
  ];
  expect(tally(outcomes)).toEqual({
    answered: 2,
    failed: 3,
    p50Ms: Number.POSITIVE_INFINITY,
    p99Ms: Number.POSITIVE_INFINITY,
    errors: [
      ["frequent", 2],
      ["rare", 1],
    ],
  });
});

test("percentiles cover all callers: failed invocations are the slowest", () => {
  const answered = Array.from({ length: 98 }, (_, index) => ({ durationMs: index + 1, error: undefined }));
  const failed = { durationMs: 1, error: "no" };
  expect(tally([...answered, failed, failed])).toMatchObject({ p50Ms: 50, p99Ms: Number.POSITIVE_INFINITY });
  expect(tally([...answered, failed])).toMatchObject({ p50Ms: 50, p99Ms: Number.POSITIVE_INFINITY });
  expect(tally(answered)).toMatchObject({ p50Ms: 49, p99Ms: 98 });
});

test("a share is rounded, but not to 100 % or 0 % unless it is that", () => {
  expect([0, 0.001, 0.184, 0.9995, 1].map(percent)).toEqual(["0 %", "under 1 %", "18 %", "99.9 %", "100 %"]);
});

test("a sparkline shows the maximum of each group, and the limit as a full block", () => {
  expect(renderSparkline([0, 1, 30, 60, 60, 15], 60, 3)).toBe("▁█" + "█");
  expect(renderSparkline([0, 30, 60], 60, 40)).toBe(" ▄█");
});

test("a progress bar is as long as the elapsed time, divided by outcome", () => {
  const progress = { name: "ours", shareOfTime: 0.5, answered: 3, failed: 1 };
  const line = stripVTControlCharacters(renderProgress(progress, 120));
  expect(line).toContain(`${"█".repeat(15)}${"▒".repeat(5)}${"░".repeat(20)} 3 answered, 1 failed`);
  expect(
    stripVTControlCharacters(renderProgress({ ...progress, shareOfTime: 7 }, 70)).length,
  ).toBeLessThanOrEqual(70);
});

test("the results on a terminal have each contender's name, share, errors and connections", () => {
  const text = stripVTControlCharacters(renderResults(results, conditions, 110));
  for (const { name } of contenders) expect(text).toContain(name);
  expect(text).toContain("67 %: 2 of 3");
  expect(text).toContain("1 × slots are <reserved>");
  expect(text).toContain(" ▄█ over time; at most 60 of the server's 60");
});

test("the chart has the contenders' names; the page is self-contained and escapes errors", () => {
  const chart = renderChart(results, conditions);
  for (const { name } of contenders) expect(chart).toContain(name);
  const page = renderPage(chart, results, conditions);
  expect(page).toContain("<svg");
  expect(page).toContain("slots are &lt;reserved&gt;");
  expect(page).not.toMatch(/<script|<link|src=|@import/);
});

test("the figures have an answer time only where the percentile was answered, and survive JSON", () => {
  const { contenders: figures, ...rest } = JSON.parse(JSON.stringify(stormFigures(results, conditions)));
  expect(rest).toEqual(conditions);
  expect(figures.map((each: object) => "p99Ms" in each)).toEqual([false, true, true]);
  expect(figures[0]).toMatchObject({
    answered: 2,
    failed: 1,
    p50Ms: 30,
    connections: [
      [0, 0],
      [0.1, 30],
      [0.2, 60],
    ],
  });
});
