import { invalidOption, RdsProxyError } from "./errors.js";
import { LONGEST_WAIT_MS } from "./time/clock.js";

/** Formats a wrong value for a message; long texts are cut. */
export function describeValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return describeType(value);
}

/** Names only the type, for values that may be secret: a connection string, a key pair, the content of a key file. */
export function describeType(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}

const CORRECT_IT = "Correct it, or leave it out.";

/** Throws if the value of an option is wrong. */
export function expectOption(
  isAsExpected: boolean,
  option: string,
  expected: string,
  value: unknown,
  remedy: string = CORRECT_IT,
): asserts isAsExpected {
  if (!isAsExpected) throw invalidOption(option, expected, describeValue(value), remedy);
}

/** The error for an option that must not be given, whatever its value. */
function refusedName(option: string, reason: string, remedy: string): RdsProxyError {
  return new RdsProxyError("RDS_PROXY_INVALID_OPTION", `${option}: ${reason}. ${remedy}`);
}

export function checkObject(option: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidOption(option, "an object", describeType(value), "See the options in the package's README.");
  }
}

/**
 * Throws for unknown names: a misspelt option would otherwise be ignored.
 *
 * @param hint where an option that is not misspelt may belong
 */
export function checkKnownNames(
  prefix: string,
  options: object,
  known: readonly string[],
  hint: string = "",
): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    const all = `Known are: ${known.map((each) => prefix + each).join(", ")}.`;
    throw refusedName(
      `${prefix}${name}`,
      "not a known option",
      meant ? `Did you mean \`${prefix}${meant}\`?` : [hint, all].filter(Boolean).join(" "),
    );
  }
}

/** The usual checks of drivers' options, by the values that they accept. */
const DRIVER_CHECKS = {
  "true or false": (option: string, value: unknown): unknown => checkBoolean(option, value),
  "a text": (option: string, value: unknown): unknown => checkText(option, value),
  "a function": (option: string, value: unknown): unknown => checkFunction(option, value),
  "milliseconds from 0": (option: string, value: unknown): unknown => checkDuration(option, value, 0),
  "milliseconds from 1": (option: string, value: unknown): unknown => checkDuration(option, value, 1),
  "a whole number from 0": (option: string, value: unknown): unknown => checkCount(option, value, 0),
  "a whole number from 1": (option: string, value: unknown): unknown => checkCount(option, value, 1),
} as const;

/** The check of one option: one of the usual checks, or a function that throws. */
export type DriverOptionCheck = keyof typeof DRIVER_CHECKS | ((option: string, value: unknown) => unknown);

/** Why an option of a driver is refused, and what to do instead. Both are whole sentences. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

/** How an adapter checks the options of its driver. */
export interface DriverOptionRules {
  /** Options of the driver that must not be given. */
  readonly refusals: Readonly<Record<string, Refusal>>;
  /** The check of each option that may be given. */
  readonly checks: Readonly<Record<string, DriverOptionCheck>>;
  /** Values with no effect, such as the default. An option with such a value is removed, even if it is refused otherwise. */
  readonly harmless?: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * Checks the options of a driver. Most drivers accept any value, and fail much later.
 *
 * @param known the names that may be given here
 * @returns the options without those that have no effect
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function checkDriverOptions<T extends object>(
  given: T,
  known: readonly string[],
  { refusals, checks, harmless = {} }: DriverOptionRules,
): T {
  const asked: readonly (readonly [string, unknown])[] = Object.entries(given).filter(
    ([name, value]) =>
      !(value === undefined && Object.hasOwn(refusals, name)) &&
      !(Object.hasOwn(harmless, name) && harmless[name]?.includes(value)),
  );
  for (const [name] of asked) {
    const refusal = Object.hasOwn(refusals, name) && !known.includes(name) ? refusals[name] : undefined;
    if (refusal) throw refusedOption(name, refusal);
  }
  const options: T = withEntries(asked);
  checkKnownNames("", options, known);
  for (const [name, value] of asked) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (value === undefined || check === undefined) continue;
    if (typeof check === "function") check(name, value);
    else DRIVER_CHECKS[check](name, value);
  }
  return options;
}

/** The error for an option of the driver that must not be given here. */
export function refusedOption(option: string, { reason, remedy }: Refusal): RdsProxyError {
  return refusedName(option, "not an option here", `${reason} ${remedy}`);
}

/** `Object.fromEntries` with the type of the object that the entries come from. */
function withEntries<T extends object>(entries: readonly (readonly unknown[])[]): T {
  return Object.fromEntries(entries);
}

/** Also refuses control characters: a NUL would end the text in a startup packet, and start another parameter. */
export function checkText(option: string, value: unknown): string {
  expectOption(
    typeof value === "string" && value !== "" && value === value.trim() && !hasControlCharacter(value),
    option,
    "a non-empty string without control characters or surrounding spaces",
    value,
  );
  return value;
}

/** Unicode's category Cc. Not `\p{Cc}`: the first regular expression with a property costs a cold start half a millisecond. */
function hasControlCharacter(text: string): boolean {
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}

export function checkBoolean(option: string, value: unknown): boolean {
  expectOption(typeof value === "boolean", option, "true or false", value);
  return value;
}

export function checkFunction(option: string, value: unknown): void {
  if (typeof value !== "function") {
    throw invalidOption(option, "a function", describeType(value), CORRECT_IT);
  }
}

export function checkDuration(option: string, value: unknown, minimum: number): number {
  expectOption(
    isBetween(value, minimum, LONGEST_WAIT_MS),
    option,
    `milliseconds from ${minimum} to ${LONGEST_WAIT_MS}`,
    value,
    "Give a number.",
  );
  return value;
}

export function checkCount(option: string, value: unknown, minimum: number = 1): number {
  const isWhole = Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
  expectOption(
    isBetween(value, minimum, Number.POSITIVE_INFINITY) && isWhole,
    option,
    `a whole number from ${minimum}`,
    value,
    "Give a number, or leave it out.",
  );
  return value;
}

/** @returns the value, which is one of the choices or undefined */
export function checkChoice<Choice extends string>(
  option: string,
  value: unknown,
  choices: readonly Choice[],
): Choice | undefined {
  const choice = choices.find((each) => each === value);
  expectOption(
    value === undefined || choice !== undefined,
    option,
    choices.map((each) => JSON.stringify(each)).join(" or "),
    value,
    "Give one of these, or leave it out.",
  );
  return choice;
}

export function checkPort(option: string, value: unknown): number {
  expectOption(
    isBetween(value, 1, 65_535) && Number.isInteger(value),
    option,
    "a port from 1 to 65535",
    value,
    "Give the port as a number.",
  );
  return value;
}

function isBetween(value: unknown, minimum: number, maximum: number): value is number {
  return typeof value === "number" && value >= minimum && value <= maximum;
}
