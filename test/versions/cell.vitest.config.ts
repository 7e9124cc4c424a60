import { defineConfig, type Plugin } from "vitest/config";
import { sharedConfig } from "../support/shared-config.js";
import type { CellSetup } from "./run-cell.js";
import { testFiles } from "./test-files.js";

declare module "vitest" {
  interface ProvidedContext {
    setup: CellSetup;
  }
}

const setup: CellSetup = JSON.parse(process.env["VERSIONS_CELL"] ?? "");

// The tests of one cell of the matrix, in the process that run-cell.ts starts for it.
export default defineConfig({
  ...sharedConfig,
  plugins: setup.packages ? [importFrom(setup.packages)] : [],
  root: new URL("../..", import.meta.url).pathname,
  test: {
    ...sharedConfig.test,
    include: [...testFiles(setup.cell)],
    setupFiles: "test/support/name-servers.ts",
    provide: {
      setup,
      postgres: setup.postgres,
      mysql: setup.mysql,
      servers: [],
      engines: ["postgres", "mysql"],
    },
  },
});

/** Resolves some packages from another folder than the project's. */
function importFrom({ versions, importer }: NonNullable<CellSetup["packages"]>): Plugin {
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
