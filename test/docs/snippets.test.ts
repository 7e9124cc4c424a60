import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findExamples, MODULES } from "./examples-in-comments.js";
import { findPages } from "./pages.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Inside the repository, so that imports resolve as they do for its own files. */
const GENERATED = join(ROOT, "test", "docs", "generated");

const pages = await findPages();
const examples = await findExamples();

/** Entries that only the packages of this repository may use. */
const OWN_ENTRIES = /"@rds-proxy\/[\w-]+\/(?:internal|diagnosis|driver|client)"/;

let snippetCount = 0;
const usesOfOwnEntries: string[] = [];
beforeAll(async () => {
  await mkdir(GENERATED, { recursive: true });
  for (const page of pages) {
    const text = await readFile(join(ROOT, page), "utf8");
    for (const [, snippet] of text.matchAll(/^```ts\n(.*?)^```$/gms)) {
      snippetCount++;
      if (OWN_ENTRIES.test(snippet ?? "")) usesOfOwnEntries.push(page);
      await writeFile(join(GENERATED, `${page.replaceAll(/[/.]/g, "-")}-${snippetCount}.ts`), snippet ?? "");
    }
  }
  for (const [index, code] of examples.entries()) {
    await writeFile(join(GENERATED, `example-${index}.ts`), code);
  }
  await writeFile(join(GENERATED, "modules.d.ts"), MODULES);
  await writeFile(
    join(GENERATED, "tsconfig.json"),
    JSON.stringify({ extends: "../../../tsconfig.tools.json", include: ["."] }),
  );
});
afterAll(() => rm(GENERATED, { recursive: true, force: true }));

test("every snippet of the documentation, and every example in a comment, compiles", async () => {
  expect(snippetCount).toBeGreaterThan(5);
  expect(examples.length).toBeGreaterThan(20);
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const errors = await promisify(execFile)(process.execPath, [compiler, "-p", GENERATED], { cwd: ROOT }).then(
    () => "",
    (error: unknown) => String(Reflect.get(Object(error), "stdout")),
  );
  expect(errors).toBe("");
});

test("no snippet needs an entry that is not for users or authors of adapters", () => {
  expect(usesOfOwnEntries).toEqual([]);
});
