import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";

/** How everything is bundled that runs in a process of its own: as one deploys a function. */
export const programOptions = {
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  // Straight from the sources of this repository, so that nothing has to be built first.
  conditions: ["@rds-proxy/source"],
  // pg, mysql2 and parts of the AWS SDK call require(), which an ES module lacks:
  // https://docs.aws.amazon.com/lambda/latest/dg/typescript-package.html
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  // Optional dependencies of node-postgres and of Sequelize.
  external: ["pg-native", "pg-hstore"],
  logLevel: "error",
} as const satisfies BuildOptions;

/** A bundle in a temporary folder. */
export interface Program {
  readonly file: string;
  remove(): Promise<void>;
}

/**
 * @param source a module in TypeScript, which names others by absolute paths or packages of the workspace
 * @param format `"cjs"` for Node's own snapshots, which take no other
 */
export async function bundleProgram(
  source: string,
  {
    minify = false,
    format = "esm",
    plugins = [],
  }: { minify?: boolean; format?: "esm" | "cjs"; plugins?: Plugin[] } = {},
): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-program-"));
  const file = join(folder, format === "esm" ? "program.mjs" : "program.cjs");
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await build({
      ...programOptions,
      stdin: { contents: source, resolveDir: import.meta.dirname, loader: "ts" },
      outfile: file,
      minify,
      format,
      plugins,
      banner: format === "esm" ? programOptions.banner : {},
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return { file, remove };
}

const FOLLOW_SHARED_CLOCK = pathOf("../clock/follow-shared-clock.ts");
const RUNTIME = pathOf("../runtime/runtime.ts");

/** A runtime that is a client of the Runtime API, with hooks before a snapshot and after the restore. */
export const SNAPSHOT_CLIENT: string = pathOf("../runtime/snapshot-client.ts");

/**
 * Bundles a function with the runtime that serves it, into one file, which is also the function's module for AWS's runtime
 * client. The process uses the shared clock of its environment.
 *
 * @param moduleFile absolute path of the function's module
 * @param runtime absolute path of a module that exports `serve`, which gets the function's module and returns
 * the handler for a runtime client; default the one for
 * `ExecutionEnvironment`
 */
export async function bundleFunction(
  moduleFile: string,
  { runtime = RUNTIME, minify = false } = {},
): Promise<Program> {
  return await bundleProgram(
    `import ${JSON.stringify(FOLLOW_SHARED_CLOCK)};
     import { serve } from ${JSON.stringify(runtime)};
     export const handler = serve(await import(${JSON.stringify(moduleFile)}));`,
    { minify },
  );
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
