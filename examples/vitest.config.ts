import { defineConfig } from "vitest/config";
import root from "../vitest.config.js";

export default defineConfig({
  ...root,
  // One copy of node-postgres, as in a user's project: Prisma's adapter recognises a pool by its class.
  resolve: { ...root.resolve, dedupe: ["pg"] },
  test: {
    ...root.test,
    include: ["examples/**/*.test.ts"],
    server: { deps: { inline: ["@prisma/adapter-pg"] } },
  },
});
