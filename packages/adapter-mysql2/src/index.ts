export type { MysqlOptions } from "./driver/driver-options.js";
export type { MysqlConnection } from "./driver/loan.js";
export { mysql2Adapter } from "./mysql2-adapter.js";
export { plainMysql2Adapter } from "./plain-mysql2-adapter.js";
export {
  type ConnectionOptions,
  connectionOptions,
  createPool,
  type PoolOptions,
  preparePool,
} from "./pool.js";
