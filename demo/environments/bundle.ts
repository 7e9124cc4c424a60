import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Handlers and runtime as they are deployed: one file each, with everything in. */
export interface Bundles {
  /** The file of a handler, or of the runtime, by the path of its source. */
  fileOf(source: URL): string;
  remove(): Promise<void>;
}

export async function bundle(sources: readonly URL[]): Promise<Bundles> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-demo-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await build({
      entryPoints: sources.map((source) => fileURLToPath(source)),
      outdir: folder,
      entryNames: "[name]",
      outExtension: { ".js": ".mjs" },
      bundle: true,
      minify: true,
      platform: "node",
      target: "node22",
      format: "esm",
      // Straight from the sources of this repository, so that the demo needs no build.
      conditions: ["@rds-proxy/source"],
      // pg, mysql2 and parts of the AWS SDK call require(), which an ES module lacks:
      // https://docs.aws.amazon.com/lambda/latest/dg/typescript-package.html
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
      logLevel: "warning",
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return { fileOf: (source) => join(folder, `${parse(fileURLToPath(source)).name}.mjs`), remove };
}
