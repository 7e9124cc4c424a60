import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";
import { adapters, pools } from "../support/adapters.js";
import type { IsolationLevel } from "../support/isolation-levels.js";
import { onTestedEngines } from "../support/tested-engines.js";
import { type ChaosAdapter, type ChaosReport, runChaos } from "./run-chaos.js";

type Case = ChaosAdapter & { readonly seconds: number; readonly isolation: IsolationLevel };

/** A driver gets the longer run; the others work on its connections. Together they have each level. */
const cases: readonly Case[] = [
  ...adapters.map(
    (adapter): Case => ({
      ...adapter,
      seconds: adapter.over === undefined ? 10 : 5,
      isolation:
        adapter.over === undefined
          ? "serializable"
          : adapter.name.startsWith("kysely")
            ? "read committed"
            : "repeatable read",
    }),
  ),
  ...pools.map((pool): Case => ({ ...pool, seconds: 5, isolation: "repeatable read" })),
];

/** By it, all faults of commits come within three seconds. Whether they meet one is up to the machine. */
const SEED = 23;

// To follow a failure: npm run chaos -- --adapter NAME --isolation LEVEL --seed 23 --minutes 1
test.each(onTestedEngines(cases))(
  "a few seconds of chaos with $name leave books and lists in order",
  { timeout: 120_000 },
  async ({ seconds, isolation, ...adapter }) => {
    const lines: string[] = [];
    const report = await runChaos({
      adapter,
      server: inject(adapter.engine),
      seed: SEED,
      durationMs: seconds * 1000,
      isolation,
      // With it, a client's connection survives that of the database.
      multiplexing: isolation !== "serializable",
      log: (line) => lines.push(line),
    });
    expect(report.violations, [...lines, JSON.stringify(report, undefined, 2)].join("\n")).toEqual([]);
    // A run in which nothing happened would prove nothing.
    expect(report.acknowledged).toBeGreaterThan(5);
    expect(lines.length).toBeGreaterThan(5);
  },
);

/** COMMITs without a reply. */
function hits({ commitsLost }: ChaosReport): number {
  return Object.values(commitsLost).reduce((sum, count) => sum + count, 0);
}

test.each(onTestedEngines([{ engine: "postgres" }]))(
  "transfers that are done again after the reply of their commit was lost are found",
  { timeout: 120_000 },
  async ({ engine }) => {
    const file = new URL("lists/broken-handlers/repeats-transactions.ts", import.meta.url);
    const report = await runChaos({
      adapter: {
        name: "repeats-transactions",
        engine,
        handlerFile: fileURLToPath(file),
        isPool: true,
      },
      server: inject(engine),
      seed: SEED,
      durationMs: 3000,
      workloads: ["bank"],
      environments: 3,
      fault: "a commit's reply is lost",
      log: () => undefined,
    });
    expect(hits(report)).toBeGreaterThan(0);
    expect(report.violations).toContainEqual(expect.stringMatching(/^transfer \d+ .* was done 2 times$/));
  },
);
