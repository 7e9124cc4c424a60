import { defineConfig, type Plugin } from "vitest/config";
import { sharedConfig } from "../support/shared-config.js";
import type { CellPackages, PackageGroup } from "./cell-packages.js";
import type { CellSetup } from "./run-cell.js";
import { exampleFolders, testFiles } from "./test-files.js";

declare module "vitest" {
  interface ProvidedContext {
    setup: CellSetup;
  }
}

const setup: CellSetup = JSON.parse(process.env["VERSIONS_CELL"] ?? "");

// The tests of one cell of the matrix, in the process that run-cell.ts starts for it.
export default defineConfig({
  ...sharedConfig,
  plugins: [...setup.packages.groups.map(importFrom), ...prismaPlugins(setup.packages)],
  root: new URL("../..", import.meta.url).pathname,
  test: {
    ...sharedConfig.test,
    include: [...testFiles(setup.cell)],
    setupFiles: "test/support/name-servers.ts",
    // Prisma's adapter recognises a pool by its class, and its client is written in TypeScript.
    server: { deps: { inline: ["@prisma/adapter-pg", /\/generated\//] } },
    provide: {
      setup,
      postgres: setup.postgres,
      mysql: setup.mysql,
      servers: [],
      engines: ["postgres", "mysql"],
      examples: exampleFolders(setup.cell),
    },
  },
});

/** Resolves some packages from another folder than the project's. */
function importFrom({ versions, importer }: PackageGroup): Plugin {
  const names = Object.keys(versions);
  return {
    name: "import-from",
    enforce: "pre",
    async resolveId(source, _importer, options) {
      if (!names.some((name) => source === name || source.startsWith(`${name}/`))) return null;
      return await this.resolve(source, importer, { ...options, skipSelf: true });
    },
  };
}

/** The example imports the client that was generated beside it. */
function prismaPlugins({ prismaClient }: CellPackages): readonly Plugin[] {
  if (prismaClient === undefined) return [];
  // Vite makes the path absolute where it is a variable.
  const resolveId = (source: string): string | null =>
    /^\.?(?:\/.+)?\/generated\/client\.js$/.test(source) ? `${prismaClient}.ts` : null;
  return [{ name: "generated-client", enforce: "pre", resolveId }];
}
