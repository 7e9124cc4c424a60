import { defineConfig } from "vitest/config";
import { type Files, filesOn } from "./test/support/files-on.js";
import type { TestedServer } from "./test/support/global-setup.js";
import { missingMysql } from "./test/support/missing-mysql.js";
import { engineOf, onServers, sharedConfig } from "./test/support/shared-config.js";

const include = [
  "packages/*/src/**/*.test.ts",
  "test/**/*.test.ts",
  "bench/*.test.ts",
  "bench/costs/*.test.ts",
];
const isOfPackages = (pattern: string): boolean => pattern.startsWith("packages/");
// Published packages are built and installed once, and do not care which server answers.
const packaging = ["test/packaging/*.test.ts"];
// Each test starts execution environments, which are processes, and freezes, ends or reads them.
const environments = ["test/lambda/*.test.ts", "test/redaction/*.test.ts"];
// Comparisons with what we wrap, random runs and hostile input: minutes for each server.
const proofs = [
  "test/{binds,chaos,fidelity,fuzz,hostile,interleavings,multiplexing,probe}/*.test.ts",
  "test/integration/mysql-values.test.ts",
];
const exclude = ["**/node_modules/**", ...packaging];
const packagingServers = onServers(["postgres", "mariadb"]);
const missing = await missingMysql();

/** A file runs in the project of each server that its tests inject. In another one they would find no server. */
function byServer(files: Files, prefix = "") {
  const on = { postgres: filesOn("postgres", files), mysql: filesOn("mysql", files) };
  const servers: readonly TestedServer[] = ["postgres", "mariadb", ...(missing ? [] : (["mysql"] as const))];
  return {
    /** With these excluded, the files remain that need no server. */
    exclude: [...files.exclude, ...on.postgres, ...on.mysql],
    projects: servers.map((server) => ({
      name: `${prefix}${server}`,
      include: [...on[engineOf(server)]],
      ...onServers([server]),
    })),
  };
}

const ofSources = byServer({ include, exclude: [...exclude, ...proofs, ...environments] });
const ofProofs = byServer({ include: proofs, exclude }, "proofs on ");
const ofEnvironments = byServer({ include: environments, exclude }, "environments on ");
const projects = [
  // Without processes and modules of its own for each file: what takes most of their time. Vitest still evaluates the
  // repository's own modules anew for each.
  { name: "units", include: include.filter(isOfPackages), exclude: ofSources.exclude, isolate: false },
  {
    name: "no server",
    include: include.filter((pattern) => !isOfPackages(pattern)),
    exclude: ofSources.exclude,
  },
  ...ofSources.projects,
  { name: "proofs", include: proofs, exclude: ofProofs.exclude },
  ...ofProofs.projects,
  { name: "environments", include: environments, exclude: ofEnvironments.exclude },
  ...ofEnvironments.projects,
  {
    name: "packaging",
    include: packaging,
    ...packagingServers,
    globalSetup: [packagingServers.globalSetup, "test/support/build-packages.ts"],
  },
];

export default defineConfig({
  ...sharedConfig,
  test: {
    ...sharedConfig.test,
    globalSetup: "test/support/print-missing.ts",
    provide: { missing: missing ? [missing] : [] },
    projects: projects.map((test) => ({ extends: true as const, test })),
  },
});
