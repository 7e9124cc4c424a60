export { type ConnectionConfigFactory, createConnectionConfig } from "./connection-config.js";
export { mysql2Driver } from "./driver.js";
export { checkMysql2Options, MYSQL2_OPTION_NAMES, type Mysql2Options } from "./driver-options.js";
export { type Command, internalsOf } from "./mysql2-internals.js";
export {
  type CreateConnection,
  type OpeningConnection,
  openConnection,
  type PhysicalConnection,
} from "./physical-connection.js";
export { unsafeCharset } from "./session-charset.js";
export { type BackslashReading, bytesLiteral, textLiteral } from "./text-literal.js";
