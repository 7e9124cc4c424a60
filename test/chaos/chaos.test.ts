import { expect, inject, test } from "vitest";
import { adapters, type TestedAdapter } from "../support/adapters.js";
import { onTestedEngines } from "../support/tested-engines.js";
import { runChaos } from "./run-chaos.js";

/** An ORM works on the connections of a driver, which gets the longer run. */
const secondsFor = (over: string | undefined): number => (over === undefined ? 10 : 5);

// To follow a failure: npm run chaos -- --adapter NAME --seed 1 --minutes 1
test.each(onTestedEngines<TestedAdapter>(adapters))(
  "a few seconds of chaos with $name leave the books in order",
  { timeout: 120_000 },
  async (adapter) => {
    const lines: string[] = [];
    const report = await runChaos({
      adapter,
      server: inject(adapter.engine),
      seed: 1,
      durationMs: secondsFor(adapter.over) * 1000,
      log: (line) => lines.push(line),
    });
    expect(report.violations, [...lines, JSON.stringify(report, undefined, 2)].join("\n")).toEqual([]);
    // A run in which nothing happened would prove nothing.
    expect(report.acknowledged).toBeGreaterThan(5);
    expect(lines.length).toBeGreaterThan(10);
  },
);
