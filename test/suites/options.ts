import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import type { SuiteEngine, SuiteSide } from "./suite.js";
import { suites } from "./suites.js";

const USAGE =
  "npm run test:suites -- --suite NAME --checkout PATH [--engine postgres|mysql] [--side bare|ours] [--save FILE] [FILTER ...]";

/** What is asked for on the command line. */
export interface Options {
  readonly suite: string;
  readonly checkout: string;
  readonly engine: SuiteEngine;
  readonly sides: readonly SuiteSide[];
  /** Where all outcomes are written as JSON. */
  readonly save: string | undefined;
  readonly filters: readonly string[];
}

/** @throws Error with the usage for what is missing or unknown */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      suite: { type: "string" },
      checkout: { type: "string" },
      engine: { type: "string", default: "postgres" },
      side: { type: "string" },
      save: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { suite, checkout, engine, side, save } = values;
  const known = Object.keys(suites).join(", ");
  printHelp(
    values.help,
    `${USAGE}

Runs the suite of a driver or ORM twice on the same server, by itself and with our adapter, and prints which tests end differently.
TEST_POSTGRES_URL and TEST_MYSQL_URL choose the servers, as for the tests.

  --suite NAME      ${known}
  --checkout PATH   a clone of the suite's repository, built and with its dependencies: test/suites/README.md
  --engine mysql    postgres or mysql; default postgres
  --side ours       bare or ours; default both
  --save FILE       writes every outcome as JSON
  FILTER            files of the suite; default all`,
  );
  const chosen = suite === undefined ? undefined : suites[suite];
  if (suite === undefined || chosen === undefined) {
    throw new Error(`--suite: expected one of ${known}, received ${suite}. ${USAGE}`);
  }
  if (checkout === undefined)
    throw new Error(`--checkout: the path of the suite's sources is missing. ${USAGE}`);
  if (engine !== "postgres" && engine !== "mysql") {
    throw new Error(`--engine: expected postgres or mysql, received ${engine}. ${USAGE}`);
  }
  if (!chosen.engines.includes(engine)) {
    throw new Error(`--engine: ${suite} runs on ${chosen.engines.join(", ")} only.`);
  }
  if (side !== undefined && side !== "bare" && side !== "ours") {
    throw new Error(`--side: expected bare or ours, received ${side}. ${USAGE}`);
  }
  const sides: readonly SuiteSide[] = side === undefined ? ["bare", "ours"] : [side];
  return { suite, checkout: resolve(checkout), engine, sides, save, filters: positionals };
}
