import { type Handler, serveInvocations } from "./serve-invocations.js";

/** Serves a function's module, as `bundleFunction` bundles it. */
export function serve({ handler }: { readonly handler: Handler }): void {
  serveInvocations(handler);
}
