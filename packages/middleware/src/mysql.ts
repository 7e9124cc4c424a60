export { RdsProxyError, type RdsProxyErrorCode } from "@rds-proxy/core";
export type { RdsProxyContext, RdsProxyMiddleware } from "./create-middleware.js";
export type { RdsProxyMiddlewareOptions } from "./options.js";
export { rdsProxy } from "./rds-proxy-mysql.js";
