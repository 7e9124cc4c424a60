import { defineConfig } from "vitest/config";
import { onServers, sharedConfig } from "../test/support/shared-config.js";

export default defineConfig({
  ...sharedConfig,
  // One copy of node-postgres, as in a user's project: Prisma's adapter recognises a pool by its class.
  resolve: { ...sharedConfig.resolve, dedupe: ["pg"] },
  test: {
    ...sharedConfig.test,
    ...onServers(["postgres", "mariadb"]),
    include: ["examples/**/*.test.ts"],
    server: { deps: { inline: ["@prisma/adapter-pg"] } },
  },
});
