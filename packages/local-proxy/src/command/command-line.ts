import { parseArgs } from "node:util";
import type { ConnectFault } from "../faults/faults.js";
import { nearestName } from "../options/nearest-name.js";
import type { LocalProxyOptions, Upstream } from "../options/options.js";
import { type Configuration, readConfiguration } from "./configuration.js";
import { formatNames, isOutputFormat, type OutputFormat } from "./environment-format.js";
import { parseFaults } from "./fault-list.js";
import { type FlagName, flagList, isFlagName } from "./flags.js";
import { readJsonObject } from "./read-json-object.js";
import { parseUpstreamUrl } from "./upstream-url.js";
import { UsageError } from "./usage-error.js";

/** The parsed command line and configuration file. */
export interface Command {
  readonly engine: LocalProxyOptions["engine"];
  /** A running server; `undefined` to start one. */
  readonly upstream: Upstream | undefined;
  /** Other options of the proxy. */
  readonly options: Partial<LocalProxyOptions>;
  /** TCP port of the status page, 0 for any free one; `undefined` for no page. */
  readonly httpPort: number | undefined;
  /** The faults of the next connections, in order. */
  readonly faults: readonly { readonly fault: ConnectFault; readonly times: number }[];
  readonly failOnPin: boolean;
  readonly isQuiet: boolean;
  /** How the environment is written; `undefined` for the default of where it is written. */
  readonly output: OutputFormat | undefined;
  /** The files to write the environment and the certificate authority to. */
  readonly environmentFile: string | undefined;
  readonly caFile: string | undefined;
  /** The program to run and its arguments. */
  readonly program: readonly [string, ...string[]] | undefined;
}

/** A command that ends at once. */
export type ShortCommand =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "token"; readonly environmentFile: string | undefined };

/**
 * Parses the arguments and reads the configuration file. Flags override the file.
 *
 * @returns a {@link ShortCommand} for `--help`, `--version` and `--print-token`
 * @throws UsageError that names the flag, the expected value and the actual one
 */
export async function parseCommandLine(args: readonly string[]): Promise<Command | ShortCommand> {
  const { values, positionals } = parseFlags(args);
  if (values.has("help")) return { kind: "help" };
  if (values.has("version")) return { kind: "version" };
  if (values.has("print-token")) return { kind: "token", environmentFile: values.get("environment-file") };
  const text = (name: FlagName): string | undefined => values.get(name);
  const file = text("config");
  const config: Configuration = file === undefined ? { options: {} } : await readConfiguration(file);

  const url = text("upstream");
  const upstream = url === undefined ? undefined : parseUpstreamUrl(url);
  const profileFile = text("profile");
  const profile = profileFile === undefined ? undefined : await readJsonObject("profile", profileFile);
  const engine = engineOf(text("engine"), upstream?.engine, config.engine ?? engineOfProfile(profile));
  const http = text("http") ?? config.http;
  const faults = text("faults") ?? config.faults;
  return {
    engine,
    upstream: upstream?.server ?? config.upstream,
    options: {
      ...config.options,
      ...(profile && { profile }),
      ...flaggedOptions(values),
      ...namesOf(text("name"), config.options),
    },
    httpPort: http === "off" ? undefined : wholeNumber("http", http ?? "0", 65_535),
    faults: faults === undefined ? [] : parseFaults(faults),
    failOnPin: values.has("fail-on-pin") || (config.failOnPin ?? false),
    isQuiet: values.has("quiet"),
    output: outputOf(text("output")),
    environmentFile: text("environment-file"),
    caFile: text("ca-file"),
    program: programOf(values.has("exec"), positionals),
  };
}

function parseFlags(args: readonly string[]): { values: Map<FlagName, string>; positionals: string[] } {
  const options = Object.fromEntries(
    flagList.map(([name, { value }]) => [
      name,
      {
        type: value === undefined ? "boolean" : "string",
        ...(name === "help" ? { short: "h" } : {}),
      } as const,
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const given = new Map<FlagName, string>();
    for (const [name, value] of Object.entries(values)) if (isFlagName(name)) given.set(name, String(value));
    return { values: given, positionals };
  } catch (error) {
    // The first sentence of Node's message names the flag; the rest is for programmers.
    const [reason] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new UsageError(`${reason}.${hintFor(reason ?? "")}`);
  }
}

/** The flag that an unknown one most likely stands for. */
function hintFor(reason: string): string {
  const [, unknown] = /^Unknown option '--([^'=]+)/.exec(reason) ?? [];
  const nearest =
    unknown &&
    nearestName(
      unknown,
      flagList.map(([name]) => name),
    );
  return nearest ? ` Did you mean --${nearest}?` : "";
}

function namesOf(
  flag: string | undefined,
  { endpointNames = [] }: Partial<LocalProxyOptions>,
): Partial<LocalProxyOptions> {
  if (flag === undefined) return {};
  return { endpointNames: [...flag.split(",").map((name) => name.trim()), ...endpointNames] };
}

function outputOf(format: string | undefined): OutputFormat | undefined {
  if (format === undefined || isOutputFormat(format)) return format;
  throw new UsageError(`--output: expected ${formatNames.join(", ")}, got ${JSON.stringify(format)}.`);
}

function flaggedOptions(values: ReadonlyMap<FlagName, string>): Partial<LocalProxyOptions> {
  const given = flagList.flatMap(([name, { option, isNumber }]) => {
    const value = values.get(name);
    if (option === undefined || value === undefined) return [];
    return [[option, isNumber ? wholeNumber(name, value, Number.MAX_SAFE_INTEGER) : value] as const];
  });
  return Object.fromEntries(given);
}

function engineOf(
  given: string | undefined,
  ofUrl: LocalProxyOptions["engine"] | undefined,
  configured: LocalProxyOptions["engine"] | undefined,
): LocalProxyOptions["engine"] {
  const flag = given === "mariadb" ? "mysql" : given;
  if (flag !== undefined && flag !== "postgres" && flag !== "mysql") {
    throw new UsageError(`--engine: expected postgres, mysql or mariadb, got ${JSON.stringify(flag)}.`);
  }
  if (flag !== undefined && ofUrl !== undefined && flag !== ofUrl) {
    throw new UsageError(`--upstream: expected ${flag}://, as --engine says, got ${ofUrl}://.`);
  }
  return flag ?? ofUrl ?? configured ?? "postgres";
}

/** `startLocalProxy` checks the profile. */
function engineOfProfile(
  profile: Record<string, unknown> | undefined,
): LocalProxyOptions["engine"] | undefined {
  const engine = profile?.["engine"];
  return engine === "postgres" || engine === "mysql" ? engine : undefined;
}

function programOf(isAsked: boolean, [program, ...args]: readonly string[]): Command["program"] {
  if (isAsked && program === undefined) {
    throw new UsageError("--exec: expected a program after --, such as --exec -- node app.js.");
  }
  if (!isAsked && program !== undefined) {
    throw new UsageError(
      `Unexpected argument ${JSON.stringify(program)}. To run a program: --exec -- ${[program, ...args].join(" ")}`,
    );
  }
  return program === undefined ? undefined : [program, ...args];
}

function wholeNumber(name: FlagName, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? "" : ` up to ${most}`;
  throw new UsageError(`--${name}: expected a whole number${range}, got ${JSON.stringify(text)}.`);
}
