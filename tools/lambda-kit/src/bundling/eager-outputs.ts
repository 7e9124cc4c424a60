import type { Metafile } from "esbuild";

/** esbuild's names of the files that a cold start reads: an entry and its static imports. */
export function eagerOutputs(outputs: Metafile["outputs"], entry: string): ReadonlySet<string> {
  const eager = new Set<string>();
  const add = (path: string): void => {
    const output = outputs[path];
    if (!output || eager.has(path)) return;
    eager.add(path);
    for (const imported of output.imports) if (imported.kind === "import-statement") add(imported.path);
  };
  add(entry);
  return eager;
}
