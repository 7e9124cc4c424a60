export type { PgOptions } from "./driver-options.js";
export type { PgConnection } from "./loan.js";
export { pgAdapter } from "./pg-adapter.js";
export { type ConnectionOptions, connectionOptions, createPool, type PoolOptions } from "./pool.js";
