import { defineConfig } from "vitest/config";
import { onServers, sharedConfig } from "../support/shared-config.js";

const { globalSetup, provide } = onServers(["postgres", "mariadb"]);

// Not part of `npm test`, since most machines lack the programs.
export default defineConfig({
  ...sharedConfig,
  test: {
    include: ["test/clients/*.client.ts"],
    globalSetup: ["test/clients/install-programs.ts", globalSetup],
    provide,
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
