import { isIP } from "node:net";
import { inspect } from "node:util";
import { nearestName } from "./nearest-name.js";

// Each check returns the value that it was given, or throws a TypeError that names the option.

/** Node fires the timer of a longer delay at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** `names` is a record, not a list, so that the compiler reports a missing name. */
export function checkNames(option: string, value: object, names: Readonly<Record<string, true>>): void {
  if (typeof value !== "object" || value === null) throw badOption(option, "an object", value);
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  const known = Object.keys(names);
  const nearest = nearestName(unknown, known);
  if (nearest === undefined) throw badOption(option, `only ${known.join(", ")}`, unknown);
  throw new TypeError(`option ${option}: there is no ${inspect(unknown)}; did you mean ${inspect(nearest)}?`);
}

export function checkText(option: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  throw badOption(option, "a non-empty string", value);
}

export function checkPassword(option: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === "string" && !value.includes("\0"))) return value;
  throw badOption(option, "a string", typeof value);
}

export function checkInteger(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw badOption(option, `a whole number from ${least} to ${most}`, value);
}

export function checkOneOf<Choice extends string>(
  option: string,
  choices: readonly Choice[],
  value: string,
): Choice {
  const choice = choices.find((known) => known === value);
  if (choice !== undefined) return choice;
  throw badOption(option, choices.map((known) => JSON.stringify(known)).join(" or "), value);
}

export function checkAddress(option: string, value: string): string {
  if (isIP(value) !== 0) return value;
  throw badOption(option, 'an IP address, such as "127.0.0.1" or "0.0.0.0"', value);
}

export function checkBoolean(option: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw badOption(option, "true or false", value);
}

export function checkFunction<F>(option: string, value: F): F {
  if (typeof value === "function") return value;
  throw badOption(option, "a function", value);
}

export function checkList(option: string, value: readonly string[]): readonly string[] {
  if (!Array.isArray(value)) throw badOption(option, "a list of strings", value);
  return value.map((entry) => checkText(option, entry));
}

export function checkEndpointName(name: string): string {
  if (/^[A-Za-z0-9.-]+(:\d{1,5})?$/.test(name)) return name;
  throw badOption("endpointNames", "host names, each with a port or without", name);
}

export function badOption(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`option ${option}: expected ${expected}, got ${inspect(value, { depth: 0 })}`);
}
