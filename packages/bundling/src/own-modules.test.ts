import { join, resolve } from "node:path";
import type { Metafile } from "esbuild";
import { expect, it } from "vitest";
import { ownModules, packageFolderOf } from "./own-modules.js";

function inputsOf(imports: Readonly<Record<string, readonly string[]>>): Metafile["inputs"] {
  return Object.fromEntries(
    Object.entries(imports).map(([path, imported]) => [
      path,
      { bytes: 1, imports: imported.map((each) => ({ path: each, kind: "import-statement" as const })) },
    ]),
  );
}

it("lists modules as they are evaluated, each once, circles included, and no packages", () => {
  const inputs = inputsOf({
    "src/handler.ts": ["src/a.ts", "node_modules/pg/index.js", "src/b.ts"],
    "src/a.ts": ["src/c.ts", "src/b.ts"],
    "src/b.ts": ["src/c.ts", "src/a.ts", "plugin:virtual"],
    "src/c.ts": ["../other/index.ts"],
    "node_modules/pg/index.js": ["src/never.ts"],
  });
  expect(ownModules(inputs, "src/handler.ts", process.cwd())).toEqual(
    ["src/c.ts", "src/b.ts", "src/a.ts", "src/handler.ts"].map((path) => resolve(path)),
  );
});

it("leaves out what is imported dynamically", () => {
  const inputs: Metafile["inputs"] = {
    "a.ts": {
      bytes: 1,
      imports: [
        { path: "late.ts", kind: "dynamic-import" },
        { path: "node:fs", kind: "import-statement", external: true },
      ],
    },
    "late.ts": { bytes: 1, imports: [] },
  };
  expect(ownModules(inputs, "a.ts", process.cwd())).toEqual([resolve("a.ts")]);
});

it("finds the package of a file", () => {
  expect(packageFolderOf(import.meta.filename)).toBe(join(import.meta.dirname, ".."));
});
