import { defineConfig } from "vitest/config";
import { filesOn } from "./test/support/files-on.js";
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
const files = { include, exclude: ["**/node_modules/**", ...packaging] };
const onPostgres = filesOn("postgres", files);
const onMysql = filesOn("mysql", files);
const missing = await missingMysql();

// A file runs in the project of each server that its tests inject. In another one they would find no server.
const exclude = [...files.exclude, ...onPostgres, ...onMysql];
const projects = [
  // Without processes and modules of its own for each file: what takes most of their time. Vitest still evaluates the
  // repository's own modules anew for each.
  { name: "units", include: include.filter(isOfPackages), exclude, isolate: false },
  { name: "no server", include: include.filter((pattern) => !isOfPackages(pattern)), exclude },
  { name: "packaging", include: packaging, ...onServers(["postgres", "mariadb"]) },
  { name: "postgres", include: [...onPostgres], ...onServers(["postgres"]) },
  { name: "mariadb", include: [...onMysql], ...onServers(["mariadb"]) },
  ...(missing ? [] : [{ name: "mysql", include: [...onMysql], ...onServers(["mysql"]) }]),
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
