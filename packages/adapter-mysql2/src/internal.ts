/**
 * What only the packages of this repository share. It changes in any release, without notice.
 *
 * @internal
 * @module
 */
export { sessionOf } from "./driver/watch-session.js";
export { plainMysql2Adapter } from "./mysql2-adapter.js";
export { preparePool } from "./pool.js";
