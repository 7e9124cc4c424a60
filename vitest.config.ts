import { defineConfig } from "vitest/config";
import { filesOn } from "./test/support/files-on.js";
import { missingMysql } from "./test/support/missing-mysql.js";
import { onServers, sharedConfig } from "./test/support/shared-config.js";

const include = ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "bench/*.test.ts"];
// Published packages are built and installed once, and do not care which server answers.
const packaging = ["test/packaging/*.test.ts"];
const files = { include, exclude: ["**/node_modules/**", ...packaging] };
const onPostgres = filesOn("postgres", files);
const onMysql = filesOn("mysql", files);
const missing = await missingMysql();

// A file runs in the project of each server that its tests inject. In another one they would find no server.
const projects = [
  { name: "no server", include, exclude: [...files.exclude, ...onPostgres, ...onMysql] },
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
