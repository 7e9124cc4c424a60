import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** An input that once broke a target. */
export interface FormerCrash {
  /** What was wrong. */
  readonly name: string;
  readonly target: string;
  readonly input: Buffer;
}

const CRASHES = new URL("corpus/crashes.json", import.meta.url);

/** The saved inputs of a target. Files have each byte as one character. */
export function readCorpus(target: string): Buffer[] {
  const file = fileOf(target);
  if (!existsSync(file)) return [];
  const inputs: unknown = JSON.parse(readFileSync(file, "utf8"));
  return Array.isArray(inputs) ? inputs.map((input) => Buffer.from(String(input), "latin1")) : [];
}

export function writeCorpus(target: string, inputs: readonly Buffer[]): void {
  write(
    fileOf(target),
    inputs.map((input) => input.toString("latin1")),
  );
}

export function readCrashes(): FormerCrash[] {
  const crashes: unknown = JSON.parse(readFileSync(CRASHES, "utf8"));
  if (!Array.isArray(crashes)) throw new Error("crashes.json: expected an array");
  return crashes.map((crash: unknown) => {
    const { name, target, input }: { name?: unknown; target?: unknown; input?: unknown } = Object(crash);
    return { name: String(name), target: String(target), input: Buffer.from(String(input), "latin1") };
  });
}

export function addCrash(crash: FormerCrash): void {
  write(
    CRASHES,
    [...readCrashes(), crash].map(({ name, target, input }) => ({
      name,
      target,
      input: input.toString("latin1"),
    })),
  );
}

function fileOf(target: string): URL {
  return new URL(`corpus/${target}.json`, import.meta.url);
}

function write(file: URL, content: unknown): void {
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
