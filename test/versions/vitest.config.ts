import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";
import { cells } from "./cells.js";

declare module "vitest" {
  interface ProvidedContext {
    aliases: Readonly<Record<string, string>>;
  }
}

// Vitest adds a project's files to these, and each project has its own.
const { include: _all, ...test } = base.test ?? {};

// One project for each cell of the supported-versions matrix: the conformance suite with older versions.
export default defineConfig({
  ...base,
  root: new URL("../..", import.meta.url).pathname,
  test: {
    ...test,
    projects: cells.map(({ name, aliases, suites }) => ({
      extends: true as const,
      resolve: {
        alias: Object.entries(aliases).map(([from, to]) => ({
          find: new RegExp(`^${from}(?=/|$)`),
          replacement: to,
        })),
      },
      test: {
        name,
        include: [
          "test/versions/aliases.version.ts",
          ...suites.map((suite) => `test/conformance/${suite}.test.ts`),
        ],
        provide: { aliases },
      },
    })),
  },
});
