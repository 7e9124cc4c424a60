export type { Mysql2Connection } from "./driver/connection-view.js";
export type { Mysql2Options } from "./driver/driver-options.js";
export { mysql2Adapter } from "./mysql2-adapter.js";
export {
  connectionOptions,
  createPool,
  type Mysql2ConnectionOptions,
  type Mysql2PoolOptions,
} from "./pool.js";
