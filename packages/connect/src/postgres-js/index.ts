export { connectionOptions, type PostgresJsOptions } from "./connection-options.js";
