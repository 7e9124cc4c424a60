import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { createRandom } from "../support/random.js";
import type { Bug } from "./bug.js";

const USAGE = `npm run test:bugs -- [options]

Puts each bug of test/bugs/patches into a copy of the sources, and runs the tests that its header names. Each has to fail with the
bug and to pass without it; otherwise the exit code is 1. TEST_POSTGRES_URL and TEST_MYSQL_URL choose the servers, as for the
tests.

  --only 07,31       these bugs
  --random 5         so many, chosen by the seed
  --seed 7           default by the clock
  --all-tests        also run the other tests of these files, and of those beside the changed ones, and print what fails
  --folder PATH      patches of another folder, such as candidates
  --write            write the table of test/bugs/README.md, and nothing else`;

/** What is asked for on the command line. */
export interface Options {
  readonly folder: string | undefined;
  readonly runsAll: boolean;
  readonly writes: boolean;
  /** The bugs to check. */
  choose(bugs: readonly Bug[]): readonly Bug[];
}

/** @throws Error for an unknown option, and for a number that no bug has */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      random: { type: "string" },
      seed: { type: "string" },
      "all-tests": { type: "boolean", default: false },
      folder: { type: "string" },
      write: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  printHelp(values.help, USAGE);
  const only = values.only?.split(",");
  const count = values.random === undefined ? undefined : Number(values.random);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!Number.isInteger(seed)) throw new Error(`--seed: expected a whole number, received ${values.seed}`);
  if (count !== undefined && !(count >= 1)) {
    throw new Error(`--random: expected a number from 1, received ${values.random}`);
  }
  return {
    folder: values.folder,
    runsAll: values["all-tests"],
    writes: values.write,
    choose(bugs) {
      const unknown = only?.find((number) => bugs.every((bug) => bug.number !== number));
      if (unknown !== undefined) throw new Error(`--only: no bug has the number ${unknown}`);
      const chosen = only ? bugs.filter(({ number }) => only.includes(number)) : bugs;
      return count === undefined ? chosen : some(chosen, count, seed);
    },
  };
}

function some(bugs: readonly Bug[], count: number, seed: number): readonly Bug[] {
  const random = createRandom(seed, "bugs");
  console.log(`seed ${seed}`);
  const drawn = bugs
    .map((bug) => ({ bug, draw: random.next() }))
    .toSorted((one, other) => one.draw - other.draw);
  return drawn
    .slice(0, count)
    .map(({ bug }) => bug)
    .toSorted((one, other) => one.number.localeCompare(other.number));
}
