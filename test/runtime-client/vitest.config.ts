import { defineConfig } from "vitest/config";
import { onServers, sharedConfig } from "../support/shared-config.js";

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
    ],
    globalSetup: [servers.globalSetup, "test/runtime-client/global-setup.ts"],
  },
});
