import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundleProgram, type Program } from "@rds-proxy/lambda-kit/bundling";
import type { Plugin } from "esbuild";
import { PLANTED_BUGS, type PlantedBug } from "./planted-bugs.js";

const PACKAGES = fileURLToPath(new URL("../../packages/", import.meta.url));
const EXPLORER = fileURLToPath(new URL("explorer.ts", import.meta.url));

/** Bundles the explorer with the library, in whose sources the planted bugs sleep. */
export function bundleExplorer(): Promise<Program> {
  return bundleProgram(`import ${JSON.stringify(EXPLORER)};`, { plugins: [replaceModules, plantBugs] });
}

const stubs = fileURLToPath(new URL("./", import.meta.url));

/** Modules of the library in whose place the bundle has others. */
const REPLACED: readonly (readonly [file: string, replacement: string])[] = [
  ["adapter-pg/src/client.ts", "simulated-pg-client.ts"],
  ["adapter-mysql2/src/driver/physical-connection.ts", "simulated-physical-connection.ts"],
  ["core/src/time/random.ts", "simulated-random.ts"],
];

const replaceModules: Plugin = {
  name: "replace-modules",
  setup({ onLoad, onResolve }) {
    // The class below mysql2's own `PoolConnection`.
    onResolve({ filter: /^\.\/connection\.js$/ }, ({ importer }) =>
      importer.endsWith("/mysql2/lib/pool_connection.js")
        ? { path: importer, namespace: "mysql-connection" }
        : null,
    );
    onLoad({ filter: /.*/, namespace: "mysql-connection" }, () => ({
      contents: 'module.exports = require("./simulated-mysql-connection.ts").SimulatedMysqlConnection;',
      loader: "js",
      resolveDir: stubs,
    }));
    for (const [file, replacement] of REPLACED) {
      onLoad({ filter: exactly(`${PACKAGES}${file}`) }, async () => ({
        contents: await readFile(`${stubs}${replacement}`, "utf8"),
        loader: "ts",
        resolveDir: stubs,
      }));
    }
  },
};

function exactly(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
}

const plantBugs: Plugin = {
  name: "plant-bugs",
  setup({ onLoad }) {
    for (const file of new Set(PLANTED_BUGS.map((bug) => bug.file))) {
      const path = `${PACKAGES}${file}`;
      onLoad({ filter: exactly(path) }, async () => ({
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
