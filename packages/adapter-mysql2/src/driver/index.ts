export { type ConnectionConfigFactory, createConnectionConfig } from "./connection-config.js";
export { mysqlDriver } from "./driver.js";
export { checkMysqlOptions, MYSQL_OPTION_NAMES, type MysqlOptions } from "./driver-options.js";
export { beginSession, type CreateConnection, type MysqlSession, type OpeningSession } from "./session.js";
export { unsafeCharset } from "./session-charset.js";
export { type BackslashReading, bytesLiteral, textLiteral } from "./text-literal.js";
