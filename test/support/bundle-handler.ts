import { fileURLToPath } from "node:url";
import { bundleFunction, type Program } from "@rds-proxy/lambda-kit/bundling";

const RUNTIME = fileURLToPath(new URL("revealing-runtime.ts", import.meta.url));

/**
 * Bundles a handler as one deploys it, with a runtime that finds the code of an ORM's error and reveals errors where
 * `TEST_REVEAL` is set.
 *
 * @param handlerFile absolute path of a module that exports `handler`
 */
export function bundleHandler(handlerFile: string): Promise<Program> {
  return bundleFunction(handlerFile, { runtime: RUNTIME });
}
