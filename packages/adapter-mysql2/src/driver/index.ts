export { type ConnectionConfigFactory, createConnectionConfig } from "./connection-config.js";
export { mysqlDriver } from "./driver.js";
export { checkMysqlOptions, MYSQL_OPTION_NAMES, type MysqlOptions } from "./driver-options.js";
export { beginSession, type CreateConnection, type MysqlSession, type OpeningSession } from "./session.js";
