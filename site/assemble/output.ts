import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What the site is built from, besides its own sources. Not in git. */
export const GENERATED: string = join(import.meta.dirname, "..", "generated");

/** Writes a file below `GENERATED`. */
export async function writeGenerated(path: string, text: string): Promise<void> {
  const file = join(GENERATED, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
