import { eagerOutputs, programOptions } from "@rds-proxy/lambda-kit/bundling";
import { build, type Metafile } from "esbuild";

/** What every cold start reads of a minified bundle. */
export interface EagerPart {
  /** By the path of the module that they come from. */
  readonly bytes: ReadonlyMap<string, number>;
  /** The number of files with our code. */
  readonly files: number;
}

/** Bundles a handler as one deploys it. What is imported dynamically does not count. */
export async function eagerPart(handler: string, resolveDir: string): Promise<EagerPart> {
  const { metafile } = await build({
    ...programOptions,
    stdin: { contents: handler, resolveDir, loader: "ts" },
    absWorkingDir: resolveDir,
    outdir: "unwritten",
    write: false,
    splitting: true,
    minify: true,
    metafile: true,
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
