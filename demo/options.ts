import { extname } from "node:path";
import { parseArgs } from "node:util";
import { type Engine, engines } from "./engines.js";
import type { StormOptions } from "./storm/storm-options.js";

/** The parsed command line; without `storm` it is the step-by-step demo. */
export interface DemoOptions {
  readonly engine: Engine;
  readonly storm: StormOptions | undefined;
}

/** Parses the command line; "help" for `--help`. Throws an `Error` that names the option, what was expected and the value. */
export function parseOptions(args: readonly string[]): DemoOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: "string", default: "postgres" },
      storm: { type: "boolean", default: false },
      environments: { type: "string" },
      "max-connections": { type: "string" },
      "logins-per-second": { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { storm, engine, help, ...stormValues } = values;
  if (help) return "help";
  const [stray] = Object.keys(stormValues);
  if (!storm && stray !== undefined) throw new Error(`--${stray} needs --storm.`);
  return {
    engine: chooseEngine(engine),
    storm: storm
      ? {
          environments: wholeNumber("environments", values.environments ?? "200"),
          maxConnections: wholeNumber("max-connections", values["max-connections"] ?? "60", 10),
          loginsPerSecond: wholeNumber("logins-per-second", values["logins-per-second"] ?? "100"),
          outputFile: outputFile(values.out ?? "storm.html"),
        }
      : undefined,
  };
}

function chooseEngine(name: string): Engine {
  const engine = engines.find((each) => each.name === name);
  if (engine) return engine;
  const names = engines.map((each) => each.name).join(", ");
  throw new Error(`--engine: expected one of ${names}, got ${JSON.stringify(name)}.`);
}

function wholeNumber(name: string, text: string, least = 1): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= least) return Number(text);
  throw new Error(`--${name}: expected a whole number from ${least}, got ${JSON.stringify(text)}.`);
}

function outputFile(path: string): string {
  if ([".html", ".svg"].includes(extname(path))) return path;
  throw new Error(`--out: expected a file that ends in .html or .svg, got ${JSON.stringify(path)}.`);
}
