import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const SUPPORT = fileURLToPath(new URL(".", import.meta.url));

/** CommonJS inside an ES module bundle needs a `require`, which is what AWS's documentation adds this way. */
export const REQUIRE_BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Bundles a handler as one deploys it, into one file that serves invocations when it is run.
 *
 * @param handlerFile absolute path of a module that exports `handler`
 * @returns the path of the bundle, in a temporary folder
 */
export async function bundleHandler(handlerFile: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-handler-"));
  const outfile = join(folder, "index.mjs");
  await build({
    stdin: {
      contents: `
        import "./follow-shared-clock.ts";
        import { serveInvocations } from "./lambda-runtime.ts";
        import { collectRevelations } from "./revelations.ts";
        collectRevelations();
        const { handler } = await import(${JSON.stringify(handlerFile)});
        serveInvocations(handler);
      `,
      resolveDir: SUPPORT,
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    conditions: ["@rds-proxy/source"],
    banner: { js: REQUIRE_BANNER },
    // Optional dependencies of node-postgres and of Sequelize, which they ask for only when told to.
    external: ["pg-native", "pg-hstore"],
    logLevel: "error",
  });
  return outfile;
}
