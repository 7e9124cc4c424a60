import { defineConfig } from "vitest/config";

// Not part of `npm test`, since it needs the built site and a browser.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["{assemble,charts,error-lookup,test}/**/*.test.ts"],
    globalSetup: "test/install-chromium.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
