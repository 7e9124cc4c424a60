import { invalidOption } from "./errors.js";

/** How a wrong value is shown in a message: short, and never more than its beginning. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}

export function checkObject(option: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidOption(
      option,
      "an object",
      describeValue(value),
      "See the options in the package's README.",
    );
  }
}

/** Refuses names that are not known, since a misspelt option would be lost in silence. */
export function checkKnownNames(prefix: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    throw invalidOption(
      `${prefix}${name}`,
      "a known option",
      "an unknown one",
      meant
        ? `Did you mean \`${prefix}${meant}\`?`
        : `Known are: ${known.map((each) => prefix + each).join(", ")}.`,
    );
  }
}

/**
 * Checks options that are meant for a driver.
 *
 * @param remedies names that the driver knows and that must not be given here, with the way out
 */
export function checkDriverOptions(
  given: object,
  known: readonly string[],
  remedies: Readonly<Record<string, string>>,
): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name) || !Object.hasOwn(remedies, name)) continue;
    throw invalidOption(name, "no such option", "one", remedies[name] ?? "");
  }
  checkKnownNames("", given, known);
}

export function checkText(option: string, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "" || value !== value.trim()) {
    throw invalidOption(
      option,
      "a non-empty string without surrounding spaces",
      describeValue(value),
      "Correct it, or leave it out.",
    );
  }
  return value;
}

/** A whole number of milliseconds that a Node timer can wait. */
export function checkDuration(option: string, value: unknown, minimum: number): number {
  const longest = 2 ** 31 - 1;
  if (typeof value !== "number" || !Number.isFinite(value) || value < minimum || value > longest) {
    throw invalidOption(
      option,
      `milliseconds from ${minimum} to ${longest}`,
      describeValue(value),
      "Give a number.",
    );
  }
  return value;
}

export function checkCount(option: string, value: unknown): number {
  if (
    typeof value !== "number" ||
    !(Number.isInteger(value) || value === Number.POSITIVE_INFINITY) ||
    value < 1
  ) {
    throw invalidOption(
      option,
      "a whole number from 1",
      describeValue(value),
      "Give a number, or leave it out.",
    );
  }
  return value;
}

export function checkPort(option: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65_535) {
    throw invalidOption(option, "a port from 1 to 65535", describeValue(value), "Give the port as a number.");
  }
  return value;
}
