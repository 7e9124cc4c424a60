import { readdir, stat } from "node:fs/promises";
import { join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleFunction } from "@rds-proxy/bundling";
import { programOptions } from "@rds-proxy/lambda-kit/bundling";
import { lambdaVariables } from "@rds-proxy/lambda-kit/environment";
import type { Contender } from "../contenders.js";
import { type Bundle, onePackageForAll } from "./bundle.js";

/**
 * Bundles one handler by the recipe, as `rds-proxy-bundle --event {}` does.
 *
 * @param variables the environment of the invocation for the cache
 */
export async function bundleWithRecipe(
  { handler, early }: Contender,
  outdir: string,
  variables: Readonly<Record<string, string>>,
): Promise<Bundle> {
  const entry = fileURLToPath(handler);
  await bundleFunction({
    entry,
    outdir,
    early: early && fileURLToPath(early),
    // The snippets sign with the SDK, which this computer does not have where Lambda's runtime has it.
    bundlesAwsSdk: true,
    conditions: programOptions.conditions,
    plugins: [onePackageForAll],
    training: { event: "{}", env: { ...lambdaVariables, ...variables } },
  });
  const { name } = parse(entry);
  const sizeOf = async (files: readonly string[]): Promise<number> => {
    const sizes = await Promise.all(files.map((file) => stat(join(outdir, file))));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  };
  const loaded = `${name}.${early ? "mjs" : "cjs"}`;
  // Lambda's runtime reads one of the two caches.
  const eager = [loaded, `${name}.code.cjs`, `${name}.cache`];
  return {
    file: join(outdir, loaded),
    eagerBytes: await sizeOf(eager),
    eagerFiles: eager.length,
    totalBytes: await sizeOf(await readdir(outdir)),
  };
}
