import { defineConfig } from "vitest/config";
import { type Files, filesOn } from "./test/support/files-on.js";
import type { TestedServer } from "./test/support/global-setup.js";
import { missingMysql } from "./test/support/missing-mysql.js";
import { onServers, sharedConfig } from "./test/support/shared-config.js";

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
const missing = await missingMysql();

/** The files that no server's project runs. */
function withoutServer(files: Files): string[] {
  return [...files.exclude, ...filesOn("postgres", files), ...filesOn("mysql", files)];
}

/** A file runs in the project of each server that its tests inject. In another one they would find no server. */
function onEachServer(files: Files, prefix = "") {
  const servers: readonly TestedServer[] = ["postgres", "mariadb", ...(missing ? [] : (["mysql"] as const))];
  return servers.map((server) => ({
    name: `${prefix}${server}`,
    include: [...filesOn(server === "postgres" ? server : "mysql", files)],
    ...onServers([server]),
  }));
}

const ofSources = { include, exclude: [...exclude, ...proofs, ...environments] };
const ofProofs = { include: proofs, exclude };
const ofEnvironments = { include: environments, exclude };
const projects = [
  // Without processes and modules of its own for each file: what takes most of their time. Vitest still evaluates the
  // repository's own modules anew for each.
  { name: "units", include: include.filter(isOfPackages), exclude: withoutServer(ofSources), isolate: false },
  {
    name: "no server",
    include: include.filter((pattern) => !isOfPackages(pattern)),
    exclude: withoutServer(ofSources),
  },
  ...onEachServer(ofSources),
  { name: "proofs", include: proofs, exclude: withoutServer(ofProofs) },
  ...onEachServer(ofProofs, "proofs on "),
  { name: "environments", include: environments, exclude: withoutServer(ofEnvironments) },
  ...onEachServer(ofEnvironments, "environments on "),
  { name: "packaging", include: packaging, ...onServers(["postgres", "mariadb"]) },
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
