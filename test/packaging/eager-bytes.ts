import { build, type Metafile } from "esbuild";
import { REQUIRE_BANNER } from "../support/bundle-handler.js";
import { eagerOutputs } from "../support/eager-outputs.js";

/** Bytes of a minified bundle that every cold start reads, by the path of the module that they come from. */
export type EagerBytes = ReadonlyMap<string, number>;

/** Bundles a handler, of this source, as it would be deployed. What is imported only when needed does not count. */
export async function eagerBytes(handler: string, resolveDir: string): Promise<EagerBytes> {
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
  return bytesByModule(metafile);
}

function bytesByModule({ outputs }: Metafile): EagerBytes {
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === "<stdin>") ?? "";
  const bytes = new Map<string, number>();
  for (const path of eagerOutputs(outputs, entry)) {
    for (const [module, { bytesInOutput }] of Object.entries(outputs[path]?.inputs ?? {})) {
      bytes.set(module, (bytes.get(module) ?? 0) + bytesInOutput);
    }
  }
  return bytes;
}
