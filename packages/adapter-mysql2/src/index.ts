export type { Mysql2Options } from "./driver/driver-options.js";
export type { Mysql2Connection } from "./driver/loan.js";
export { mysql2Adapter } from "./mysql2-adapter.js";
export {
  connectionOptions,
  createPool,
  type Mysql2ConnectionOptions,
  type Mysql2PoolOptions,
} from "./pool.js";
