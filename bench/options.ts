import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { type Group, groups, ours } from "./contenders.js";

/** How long the benchmark takes, and what it measures. */
export interface BenchOptions {
  readonly groups: readonly Group[];
  /** How often everything is measured once. */
  readonly rounds: number;
  /** Invocations of one warm block. */
  readonly warmInvocations: number;
  /** The same where the proxy is at a distance. */
  readonly distantInvocations: number;
  /** Rounds that measure memory, which takes far longer than the rest. */
  readonly memoryRounds: number;
  readonly memoryInvocations: number;
  /** Where results and plots are written; undefined for the screen alone. */
  readonly saveTo: URL | undefined;
}

const standard = {
  rounds: 20,
  warmInvocations: 1000,
  distantInvocations: 200,
  memoryRounds: 3,
  memoryInvocations: 10_000,
};
/** What CI runs, with the limits and ours alone: enough to see that everything works and roughly where it stands. */
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

Measures cold starts and warm invocations beside a bare driver and others.

  --rounds 20    how often everything is measured
  --only NAME    one group; may be given several times: ${groups.map(({ name }) => name).join(", ")}
  --short        what CI runs: a few rounds, ours alone
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
  const contenders = group.contenders.filter(({ name }, index) => index === 0 || name === ours);
  return { ...group, contenders };
}

function countOf(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--rounds: expected a whole number from 1, got ${text}.`);
}
