/**
 * What only the packages of this repository share. It changes in any release, without notice.
 *
 * @internal
 * @module
 */
export { plainPgAdapter } from "./pg-adapter.js";
export { preparePool } from "./pool.js";
