export { aliases } from "./aliases.js";
export { type BundledFunction, type BundleFunctionOptions, bundleFunction } from "./bundle-function.js";
export { leanDrivers } from "./lean-drivers.js";
export type { Training } from "./write-code-caches.js";
