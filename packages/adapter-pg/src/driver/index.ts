export { createClientClass, type RdsProxyClient, type RdsProxyClientClass } from "./client.js";
export { pgDriver } from "./driver.js";
export { checkPgOptions, PG_OPTION_NAMES, type PgOptions } from "./driver-options.js";
