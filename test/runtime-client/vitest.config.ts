import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

/** Tests whose execution environments run AWS's runtime client in place of the kit's own runtime. */
export default defineConfig({
  ...base,
  root: new URL("../..", import.meta.url).pathname,
  test: {
    ...base.test,
    include: [
      "test/runtime-client/*.runtime-client.ts",
      "test/lambda/{freeze-and-thaw,initialisation,shutdown}.test.ts",
      "test/redaction/redaction.test.ts",
    ],
    // Processes with AWS's client start later.
    testTimeout: 60_000,
    expect: { poll: { timeout: 5000 } },
    globalSetup: ["test/support/global-setup.ts", "test/runtime-client/global-setup.ts"],
  },
});
