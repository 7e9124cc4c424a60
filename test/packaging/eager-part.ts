import { build, type Metafile } from "esbuild";
import { REQUIRE_BANNER } from "../support/bundle-handler.js";
import { eagerOutputs } from "../support/eager-outputs.js";

/** What every cold start reads of a minified bundle. */
export interface EagerPart {
  /** By the path of the module that they come from. */
  readonly bytes: ReadonlyMap<string, number>;
  /** How many files these are in, those without code of ours left out. */
  readonly files: number;
}

/** Bundles a handler, of this source, as it would be deployed. What is imported only when needed does not count. */
export async function eagerPart(handler: string, resolveDir: string): Promise<EagerPart> {
  const { metafile } = await build({
    stdin: { contents: handler, resolveDir, loader: "ts" },
    absWorkingDir: resolveDir,
    outdir: "unwritten",
    write: false,
    bundle: true,
    splitting: true,
    minify: true,
    platform: "node",
    target: "node22",
    format: "esm",
    conditions: ["@rds-proxy/source"],
    banner: { js: REQUIRE_BANNER },
    external: ["pg-native"],
    metafile: true,
    logLevel: "error",
  });
  return partOf(metafile);
}

function partOf({ outputs }: Metafile): EagerPart {
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === "<stdin>") ?? "";
  const bytes = new Map<string, number>();
  let files = 0;
  for (const path of eagerOutputs(outputs, entry)) {
    const inputs = Object.entries(outputs[path]?.inputs ?? {});
    for (const [module, { bytesInOutput }] of inputs) {
      bytes.set(module, (bytes.get(module) ?? 0) + bytesInOutput);
    }
    if (inputs.some(([module]) => module.startsWith("packages/"))) files++;
  }
  return { bytes, files };
}
