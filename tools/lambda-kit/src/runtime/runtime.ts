import { type Handler, serveHandler } from "./serve-handler.js";

/** Serves a function's module, as `bundleFunction` bundles it. */
export function serve({ handler }: { readonly handler: Handler }): Handler {
  return serveHandler(handler);
}
