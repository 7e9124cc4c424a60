export type { MysqlOptions } from "./driver-options.js";
export type { MysqlConnection } from "./loan.js";
export { mysql2Adapter } from "./mysql2-adapter.js";
export { type ConnectionOptions, connectionOptions, createPool, type PoolOptions } from "./pool.js";
