import { expect, test } from "vitest";
import { MetricCounters } from "../metrics.js";
import { History } from "./history.js";

test("a sample has the counts since the one before, and five minutes are kept", () => {
  const counters = new MetricCounters();
  const pool = { waiting: 0, borrowed: 0, idle: 0, capacity: 1 };
  const metrics = () =>
    counters.snapshot(
      { ...pool, sweep() {}, suspend() {}, resume() {}, close: async () => {} },
      { isAvailable: true, failure: undefined },
    );
  counters.queryRequests = 5;
  const history = new History(metrics(), 2);
  counters.queryRequests = 8;
  history.add(metrics(), 3, 1000);
  history.add(metrics(), 3, 3000);
  expect(history.samples()).toMatchObject([
    { atMs: 1000, statements: 3, refused: 1 },
    { atMs: 3000, statements: 0, refused: 0 },
  ]);
  for (let count = 0; count < 200; count++) history.add(metrics(), 3, count);
  expect(history.samples()).toHaveLength(150);
});
