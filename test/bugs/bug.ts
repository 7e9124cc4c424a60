import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const PATCHES = fileURLToPath(new URL("patches", import.meta.url));

/** A test, by its file and its title as the source has it: with the placeholders of `it.each`. */
export interface NamedTest {
  /** Relative to the repository. */
  readonly file: string;
  readonly title: string;
}

/** One patch: a bug in the source, and the tests that catch it. */
export interface Bug {
  /** Such as `07`. */
  readonly number: string;
  /** The path of the patch. */
  readonly path: string;
  /** What a user would see, in one sentence. */
  readonly symptom: string;
  /** Where others met it, such as `brianc/node-postgres#1924`. */
  readonly seen: string | undefined;
  readonly caughtBy: readonly NamedTest[];
  /** The files that it changes, relative to the repository. */
  readonly files: readonly string[];
}

/** All patches, in the order of their numbers. */
export function readBugs(folder: string = PATCHES): readonly Bug[] {
  return globSync("*.patch", { cwd: folder })
    .toSorted()
    .map((name) => parseBug(join(folder, name), readFileSync(join(folder, name), "utf8")));
}

/**
 * Reads the header of a patch: lines of a name, a colon and a value, up to the first empty line.
 *
 * @throws Error for a name of a file without a number, a header without a symptom, and a test without a file or a title
 */
export function parseBug(path: string, text: string): Bug {
  const [, number] = /^(\d{2,3})-[a-z0-9-]+\.patch$/.exec(basename(path)) ?? [];
  if (number === undefined) throw new Error(`${path}: expected a name such as 07-lost-wake-up.patch`);
  const [header = "", diff = ""] = text.split(/\n\n(.*)/s);
  const values = (name: string): readonly string[] =>
    header.split("\n").flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []));
  const [symptom] = values("Bug");
  if (symptom === undefined) throw new Error(`${path}: expected a line "Bug: ..." at the top`);
  return {
    number,
    path,
    symptom,
    seen: values("Seen")[0],
    caughtBy: values("Caught by").map((value) => parseTest(path, value)),
    files: [...diff.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file = ""]) => file),
  };
}

function parseTest(path: string, value: string): NamedTest {
  const [, file, title] = /^(\S+\.test\.ts) > (.+)$/.exec(value) ?? [];
  if (file === undefined || title === undefined) {
    throw new Error(`${path}: expected "Caught by: FILE.test.ts > TITLE", received ${JSON.stringify(value)}`);
  }
  return { file, title };
}
