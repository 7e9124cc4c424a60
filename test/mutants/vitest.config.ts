import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { filesOn } from "../support/files-on.js";
import { engineOf, onServers, sharedConfig } from "../support/shared-config.js";
import { NearestFirst } from "./nearest-first.js";

// The tests of a group of choose-tests.ts, in the copy of the repository that has the mutants.
const include: string[] = JSON.parse(process.env["MUTANTS_TESTS"] ?? "[]");
const servers: ("postgres" | "mariadb")[] = JSON.parse(process.env["MUTANTS_SERVERS"] ?? "[]");
const files = { include, exclude: ["**/node_modules/**"] };
const on = { postgres: filesOn("postgres", files), mysql: filesOn("mysql", files) };
const provided = new Set(servers.flatMap((server) => on[engineOf(server)]));
/** Tests of servers that this group has not. */
const others = [...on.postgres, ...on.mysql].filter((file) => !provided.has(file));
const root = process.cwd();
const { setupFiles, ...serverOptions } = onServers(servers);

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
    ...(servers.length > 0 && serverOptions),
    // A mutant that hangs costs so much: most often less than Stryker's own limit, behind which a new process starts. Long texts take
    // some seconds here, and with servers it has to be longer than what polls wait.
    testTimeout: servers.length > 0 ? 30_000 : 20_000,
    hookTimeout: servers.length > 0 ? 30_000 : 20_000,
    include,
    exclude: [...files.exclude, ...others],
    setupFiles: [
      ...(servers.length > 0 ? [setupFiles] : []),
      ...(process.env["MUTANTS_CONTROL"] === "true" ? ["test/mutants/without-mutant.ts"] : []),
    ],
    isolate: false,
    sequence: { sequencer: NearestFirst },
  },
});
