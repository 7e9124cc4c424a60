import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundleProgram, type Program } from "@rds-proxy/lambda-kit/bundling";
import type { Plugin } from "esbuild";
import { PLANTED_BUGS, type PlantedBug } from "./planted-bugs.js";

const PACKAGES = fileURLToPath(new URL("../../packages/", import.meta.url));
const EXPLORER = fileURLToPath(new URL("explorer.ts", import.meta.url));

/** Bundles the explorer with the library, in whose sources the planted bugs sleep. */
export function bundleExplorer(): Promise<Program> {
  return bundleProgram(`import ${JSON.stringify(EXPLORER)};`, { plugins: [plantBugs] });
}

const plantBugs: Plugin = {
  name: "plant-bugs",
  setup({ onLoad }) {
    for (const file of new Set(PLANTED_BUGS.map((bug) => bug.file))) {
      const path = `${PACKAGES}${file}`;
      const filter = new RegExp(`^${path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
      onLoad({ filter }, async () => ({
        contents: PLANTED_BUGS.filter((bug) => bug.file === file).reduce(plant, await readFile(path, "utf8")),
        loader: "ts",
      }));
    }
  },
};

/** @throws Error if the code has changed, so that the bug has to be planted in another way */
function plant(source: string, { name, file, code, replacement }: PlantedBug): string {
  const parts = source.split(code);
  if (parts.length !== 2) {
    throw new Error(
      `planted-bugs.ts, "${name}": ${file} contains its code ${parts.length - 1} times, expected once`,
    );
  }
  return parts.join(
    replacement.replaceAll("IS_PLANTED", `(globalThis.plantedBug === ${JSON.stringify(name)})`),
  );
}
