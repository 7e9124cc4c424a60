import { defineConfig } from "vitest/config";

const conditions = ["@rds-proxy/source"];

export default defineConfig({
  // Packages are tested from their sources; test/packaging tests what is published.
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "bench/*.test.ts"],
    globalSetup: "test/support/global-setup.ts",
    // Most of the time is spent in waiting, for servers and for processes of their own.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
