import { systemRuntime } from "../runtime.js";
import { builtinModule } from "./builtin-module.js";

/**
 * Runs an `import()`, also while all threads of libuv's pool wait, as they do on Managed Instances between invocations. Node 22.15
 * and 24.0 read imported files in that pool, 22.18 and 24.11 do not. With a hook for loading, they all read them at once.
 */
export async function loadNow<Module>(load: () => Promise<Module>): Promise<Module> {
  if (!("AWS_LAMBDA_MAX_CONCURRENCY" in systemRuntime.env)) return await load();
  const hooks = builtinModule("node:module").registerHooks({
    load: (url, context, next) => next(url, context),
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
}
