import { defineConfig } from "vitest/config";
import { onServers, sharedConfig } from "../support/shared-config.js";
import { cells } from "./cells.js";

declare module "vitest" {
  interface ProvidedContext {
    aliases: Readonly<Record<string, string>>;
  }
}

const { globalSetup, provide } = onServers(["postgres", "mariadb"]);

// One project for each cell of the supported-versions matrix: the conformance suite with older versions.
export default defineConfig({
  ...sharedConfig,
  root: new URL("../..", import.meta.url).pathname,
  test: {
    ...sharedConfig.test,
    projects: cells.map(({ name, aliases, suites, files = [] }) => ({
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
          ...files.map((file) => `test/versions/${file}`),
          ...suites.map((suite) => `test/conformance/${suite}.test.ts`),
        ],
        globalSetup,
        provide: { ...provide, aliases },
      },
    })),
  },
});
