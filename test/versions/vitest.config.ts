import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";
import { cells } from "./cells.js";

declare module "vitest" {
  interface ProvidedContext {
    aliases: Readonly<Record<string, string>>;
  }
}

// One project for each cell of the supported-versions matrix: the conformance suite with older versions in place.
export default defineConfig({
  ...base,
  root: new URL("../..", import.meta.url).pathname,
  test: {
    ...base.test,
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
        include: ["test/versions/aliases.version.ts", ...suites.map((suite) => `test/conformance/${suite}.test.ts`)],
        // What the versions differ in: how one logs in, keeps a connection, loses it, and leaves it behind.
        testNamePattern: /is .* here|login|warm connections|broken connections|dirty work/,
        provide: { aliases },
      },
    })),
  },
});
