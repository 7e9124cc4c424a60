import { nearestName } from "../options/nearest-name.js";
import { optionNames } from "../options/option-names.js";
import type { LocalProxyOptions, Upstream } from "../options/options.js";
import { readJsonObject } from "./read-json-object.js";
import { UsageError } from "./usage-error.js";

/** The content of a configuration file. */
export interface Configuration {
  readonly engine?: LocalProxyOptions["engine"] | undefined;
  readonly upstream?: Upstream | undefined;
  readonly http?: string | undefined;
  readonly faults?: string | undefined;
  readonly failOnPin?: boolean | undefined;
  /** All other members; `startLocalProxy` validates them. */
  readonly options: Partial<LocalProxyOptions>;
}

/** JSON cannot contain functions. */
const functionOptions: readonly string[] = ["now", "log"] satisfies (keyof LocalProxyOptions)[];

/** @throws UsageError that names the file and the problem */
export async function readConfiguration(file: string): Promise<Configuration> {
  const {
    engine: givenEngine,
    upstream,
    http,
    faults,
    failOnPin,
    ...options
  } = await readJsonObject("config", file);
  checkNames(file, options);
  const engine = givenEngine === "mariadb" ? "mysql" : givenEngine;
  const misplaced = functionOptions.find((name) => Object.hasOwn(options, name));
  if (misplaced !== undefined) throw new UsageError(`${file}: ${misplaced} cannot be set in a file.`);
  if (http !== undefined && typeof http !== "number" && http !== "off") {
    throw new UsageError(`${file}: http: expected a port or "off", got ${JSON.stringify(http)}.`);
  }
  if (faults !== undefined && typeof faults !== "string") {
    throw new UsageError(
      `${file}: faults: expected a string as for --faults, got ${JSON.stringify(faults)}.`,
    );
  }
  if (failOnPin !== undefined && typeof failOnPin !== "boolean") {
    throw new UsageError(`${file}: failOnPin: expected true or false, got ${JSON.stringify(failOnPin)}.`);
  }
  if (engine !== undefined && engine !== "postgres" && engine !== "mysql") {
    throw new UsageError(`${file}: engine: expected "postgres" or "mysql", got ${JSON.stringify(engine)}.`);
  }
  return {
    engine,
    upstream: isUpstream(upstream, file) ? upstream : undefined,
    http: http === undefined ? undefined : String(http),
    faults,
    failOnPin,
    options,
  };
}

function checkNames(file: string, options: object): void {
  const known = [...Object.keys(optionNames), "http", "faults", "failOnPin"];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const hint = nearest === undefined ? `The options are ${known.join(", ")}.` : `Did you mean ${nearest}?`;
  throw new UsageError(`${file}: there is no option ${JSON.stringify(unknown)}. ${hint}`);
}

/** Checks only that it is an object; `startLocalProxy` validates the members. */
function isUpstream(value: unknown, file: string): value is Upstream {
  if (value === undefined) return false;
  if (typeof value === "object" && value !== null) return true;
  throw new UsageError(`${file}: upstream: expected { host, port, user, password?, database? }.`);
}
