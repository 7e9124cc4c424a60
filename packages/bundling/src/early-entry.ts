import { resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { ownModules, packageFolderOf } from "./own-modules.js";

/** The entry of a bundle that is evaluated step by step. */
export interface EarlyEntry {
  /** A module that evaluates the early one and exports a step for each of the others; the last returns the function's module. */
  readonly source: string;
  /** What the function's module exports. */
  readonly exportedNames: readonly string[];
}

/**
 * Makes the entry of a bundle in which one module is evaluated before all others, so that the connection that it opens logs in
 * while they are evaluated: between two of them the event loop can turn.
 */
export async function earlyEntry(
  entry: string,
  early: string,
  options: Pick<BuildOptions, "plugins" | "external" | "conditions">,
): Promise<EarlyEntry> {
  const { metafile } = await build({
    ...options,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
    outdir: "unwritten",
    metafile: true,
    logLevel: "silent",
  });
  const output = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined);
  const earlyFile = resolve(early);
  const others = ownModules(metafile.inputs, output?.entryPoint ?? "", packageFolderOf(entry)).filter(
    (file) => file !== earlyFile,
  );
  const steps = others.map((file) => `() => require(${JSON.stringify(file)})`);
  return {
    source: `require(${JSON.stringify(earlyFile)});\nmodule.exports = [${steps.join(", ")}];`,
    exportedNames: output?.exports ?? [],
  };
}
