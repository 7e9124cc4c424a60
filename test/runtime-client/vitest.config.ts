import { defineConfig } from "vitest/config";
import { onServers, sharedConfig } from "../support/shared-config.js";

// Of the workers, which inherit it: a client that waits for its next invocation takes a thread of libuv's pool, and a test of
// the conformance suite has as many clients as invocations at once.
process.env["UV_THREADPOOL_SIZE"] ||= "128";

const servers = onServers(["postgres", "mariadb"]);

/** Tests whose execution environments run AWS's runtime client in place of the kit's own runtime. */
export default defineConfig({
  ...sharedConfig,
  root: new URL("../..", import.meta.url).pathname,
  test: {
    ...sharedConfig.test,
    ...servers,
    include: [
      "test/runtime-client/*.runtime-client.ts",
      "test/lambda/{freeze-and-thaw,initialisation,shutdown}.test.ts",
      "test/redaction/redaction.test.ts",
      "test/conformance/*.test.ts",
    ],
    globalSetup: [servers.globalSetup, "test/runtime-client/global-setup.ts"],
  },
});
