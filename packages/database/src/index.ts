export { RdsProxyError, type RdsProxyErrorCode } from "@rds-proxy/core";
export type { Database, DatabaseLease } from "./database.js";
export { createDatabase } from "./database-postgres.js";
export type { InvocationContext, LeaseOptions } from "./lease-options.js";
export type { LifeCycle } from "./life-cycle.js";
export type { DatabaseOptions } from "./options.js";
