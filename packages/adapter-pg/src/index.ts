export type { PgOptions } from "./driver/driver-options.js";
export type { PgConnection } from "./driver/loan.js";
export { pgAdapter } from "./pg-adapter.js";
export { plainPgAdapter } from "./plain-pg-adapter.js";
export {
  type ConnectionOptions,
  connectionOptions,
  createPool,
  type PoolOptions,
  preparePool,
} from "./pool.js";
