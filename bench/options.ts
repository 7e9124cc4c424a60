import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { type Group, groups, ours, oursWithRecipe } from "./contenders.js";

/** What the benchmark measures, and how often. */
export interface BenchOptions {
  readonly groups: readonly Group[];
  /** The number of measurements of each figure. */
  readonly rounds: number;
  /** Invocations of one warm block. */
  readonly warmInvocations: number;
  /** The same with the proxy at a distance. */
  readonly distantInvocations: number;
  /** Rounds for memory, which takes far longer than the rest. */
  readonly memoryRounds: number;
  readonly memoryInvocations: number;
  /** The folder for results and plots; undefined to print only. */
  readonly saveTo: URL | undefined;
}

const standard = {
  rounds: 20,
  warmInvocations: 1000,
  distantInvocations: 200,
  memoryRounds: 3,
  memoryInvocations: 10_000,
};
/** What CI runs, with only the limits and ours: enough to see that everything works, and the order of magnitude. */
const short = {
  rounds: 3,
  warmInvocations: 300,
  distantInvocations: 100,
  memoryRounds: 0,
  memoryInvocations: 0,
};

const results = new URL("../docs/benchmarks/", import.meta.url);

export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string" },
      only: { type: "string", multiple: true, default: groups.map(({ name }) => name) },
      short: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  printHelp(
    values.help,
    `npm run bench -- [options]

Compares cold starts and warm invocations with a bare driver and other libraries.

  --rounds 20    measurements of each figure
  --only NAME    one group; may be repeated: ${groups.map(({ name }) => name).join(", ")}
  --short        what CI runs: a few rounds, only the limit and ours
  --save         writes docs/benchmarks`,
  );
  const defaults = values.short ? short : standard;
  const chosen = values.only.map(groupOf);
  return {
    ...defaults,
    groups: values.short ? chosen.map(withoutRivals) : chosen,
    rounds: values.rounds === undefined ? defaults.rounds : countOf(values.rounds),
    saveTo: values.save ? results : undefined,
  };
}

function groupOf(name: string): Group {
  const group = groups.find((candidate) => candidate.name === name);
  if (group) return group;
  throw new Error(`--only: expected one of ${groups.map((each) => each.name).join(", ")}, got ${name}.`);
}

function withoutRivals(group: Group): Group {
  const contenders = group.contenders.filter(
    ({ name }, index) => index === 0 || name === ours || name === oursWithRecipe,
  );
  return { ...group, contenders };
}

function countOf(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--rounds: expected a whole number from 1, got ${text}.`);
}
