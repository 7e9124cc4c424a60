import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { filesOn } from "../support/files-on.js";
import { sharedConfig } from "../support/shared-config.js";

// The unit tests that need no server, as in the project "units", in the copy of the repository that has the mutants; and the
// table of statements, which is the test of core's session-state/.
const include = process.env["MUTANTS_TESTS"]?.split(" ") ?? [
  "packages/*/src/**/*.test.ts",
  "test/pins/statements.test.ts",
];
const files = { include, exclude: ["**/node_modules/**"] };
const root = process.cwd();

/** node_modules links to the packages without mutants. */
const alias = globSync("packages/*/package.json", { cwd: root }).flatMap((path) => {
  const { name, exports } = JSON.parse(readFileSync(join(root, path), "utf8"));
  return Object.entries<{ "@rds-proxy/source"?: string }>(exports).flatMap(([entry, target]) => {
    const source = target["@rds-proxy/source"];
    if (source === undefined) return [];
    return [{ find: new RegExp(`^${join(name, entry)}$`), replacement: join(root, path, "..", source) }];
  });
});

export default defineConfig({
  ...sharedConfig,
  root,
  resolve: { ...sharedConfig.resolve, alias },
  test: {
    ...sharedConfig.test,
    include,
    exclude: [...files.exclude, ...filesOn("postgres", files), ...filesOn("mysql", files)],
    isolate: false,
  },
});
