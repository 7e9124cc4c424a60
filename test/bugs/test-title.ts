import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NamedTest } from "./bug.js";

/** Folders whose files define tests for the test files in others. */
const SHARED: Readonly<Record<string, string>> = {
  "test/conformance": "packages/conformance/src",
  "test/fidelity": "test/fidelity/programs",
};

/** What `it.each` and template strings fill in: `%s`, `$kind`, `${engine}`. */
const PLACEHOLDER = /%[sdifjo#]|\$\{[^}]*\}|\$\w+(?:\.\w+)*/g;

/** Matches the titles that Vitest makes of a title in the source. */
export function patternOf(title: string): RegExp {
  return new RegExp(`^${sourceOf(title)}$`, "s");
}

/** Matches the full names of these tests: Vitest puts those of their `describe` in front. */
export function patternOfNames(titles: readonly string[]): RegExp {
  return new RegExp(`(?:${titles.map(sourceOf).join("|")})$`, "s");
}

function sourceOf(title: string): string {
  const literals = title
    .split(PLACEHOLDER)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return literals.join(".*");
}

/** Whether the source of the test's file, or of those that define tests for it, has the title as a string. */
export function isDefined({ file, title }: NamedTest, root: string): boolean {
  const shared = SHARED[dirname(file)];
  const sources = [file, ...(shared ? globSync(`${shared}/**/*.ts`, { cwd: root }) : [])];
  const literals = [`"${title.replaceAll('"', String.raw`\"`)}"`, `'${title}'`, `\`${title}\``];
  return sources.some((source) => {
    const text = readFileSync(join(root, source), "utf8");
    return literals.some((literal) => text.includes(literal));
  });
}
