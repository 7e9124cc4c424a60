import { glob } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const patterns = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "docs/**/*.md",
  "packages/*/README.md",
  "examples/README.md",
  "examples/{cdk,sam,terraform}/README.md",
  "bench/README.md",
];

/** Paths in the repository of the documentation for users, which is also the site, sorted. */
export async function findPages(): Promise<readonly string[]> {
  const found: string[] = [];
  const exclude = ["docs/api-reference/**", "**/node_modules/**"];
  for await (const path of glob(patterns, { cwd: ROOT, exclude })) found.push(path);
  return found.sort();
}
