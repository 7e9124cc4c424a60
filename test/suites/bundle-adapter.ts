import { rm } from "node:fs/promises";
import { join } from "node:path";
import { programOptions } from "@rds-proxy/lambda-kit/bundling";
import { build } from "esbuild";

/** Modules that have to be the checkout's own, so that our code and the suite's have the same classes. */
const WRAPPED = ["pg", "pg-pool", "pg-native", "pg-hstore", "mysql2", "mysql2/*", "kysely", "sequelize"];

/** A module in the checkout, for as long as the suite runs. */
export interface BundledModule extends AsyncDisposable {
  readonly file: string;
}

/**
 * Bundles a module of ours into one file in the root of the checkout, from where it imports the checkout's drivers.
 *
 * @param entry absolute path of the module, which a process of the suite loads with `--import`
 */
export async function bundleIntoCheckout(entry: string, checkout: string): Promise<BundledModule> {
  const file = join(checkout, ".rds-proxy-suite.mjs");
  await build({
    ...programOptions,
    entryPoints: [entry],
    outfile: file,
    external: WRAPPED,
    sourcemap: "inline",
  });
  return { file, [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}
