import { defineConfig } from "vitest/config";

const conditions = ["@rds-proxy/source"];

// Not part of `npm test`, since most machines lack the programs.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["test/clients/*.client.ts"],
    globalSetup: ["test/clients/install-programs.ts", "test/support/global-setup.ts"],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
