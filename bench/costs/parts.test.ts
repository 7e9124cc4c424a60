import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { mergeParts, partOf, partsOf } from "./parts.js";

test.each([
  ["../../packages/core/src/lease/lease.ts", "core/lease"],
  ["../../packages/core/src/events.ts", "core"],
  ["../../packages/adapter-pg/src/driver/client.ts", "adapter-pg"],
  ["../../node_modules/pg/lib/client.js", undefined],
])("%s belongs to %s", (source, part) => {
  expect(partOf(source)).toBe(part);
});

test("samples count for the source in the map, and those of others do not count", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-parts-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const source = join(folder, "packages/database/src/database.ts");
  await build({
    stdin: { contents: "console.log(\n  1,\n);", sourcefile: source },
    outfile: join(folder, "bundle.mjs"),
    sourcemap: "linked",
  });
  await writeFile(join(folder, "other.mjs"), "");
  const inFile = (id: number, file: string) => ({
    id,
    callFrame: { url: pathToFileURL(join(folder, file)).href, lineNumber: 0, columnNumber: 0 },
  });
  const nodes = [inFile(1, "bundle.mjs"), inFile(2, "other.mjs")];
  const parts = partsOf({ nodes, samples: [1, 2, 1], timeDeltas: [3, 7, 4] });
  expect([...parts]).toEqual([["database", 7]]);
});

test("shares are of all profiles together, the largest first", () => {
  const shares = mergeParts([
    new Map([["core/time", 1]]),
    new Map([
      ["core/time", 1],
      ["database", 6],
    ]),
  ]);
  expect(shares).toEqual([
    ["database", 0.75],
    ["core/time", 0.25],
  ]);
});
