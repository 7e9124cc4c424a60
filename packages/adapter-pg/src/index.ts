export type { PgOptions } from "./driver/driver-options.js";
export type { PgConnection } from "./driver/loan.js";
export { pgAdapter } from "./pg-adapter.js";
export {
  connectionOptions,
  createPool,
  type PgConnectionOptions,
  type PgPoolOptions,
} from "./pool.js";
