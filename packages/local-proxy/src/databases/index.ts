export { findMysqlServer, type MysqlProgram, startPrivateMysql } from "./private-mysql.js";
export { startPrivatePostgres } from "./private-postgres.js";
export type { DatabaseServer, RunningServer } from "./running-server.js";
