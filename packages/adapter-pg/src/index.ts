export type { PgConnection } from "./driver/connection-view.js";
export type { PgOptions } from "./driver/driver-options.js";
export { pgAdapter } from "./pg-adapter.js";
export {
  connectionOptions,
  createPool,
  type PgConnectionOptions,
  type PgPoolOptions,
} from "./pool.js";
