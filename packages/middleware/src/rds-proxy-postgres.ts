import type { PgConnection } from "@rds-proxy/adapter-pg";
import { plainPgAdapter } from "@rds-proxy/adapter-pg/internal";
import { createMiddleware, type RdsProxyMiddleware } from "./create-middleware.js";
import type { RdsProxyMiddlewareOptions } from "./options.js";

/**
 * A warm, IAM-authenticated, TLS-verified connection to PostgreSQL through RDS Proxy, in the context of each
 * invocation. Without options everything comes from the environment: RDS_PROXY_ENDPOINT, RDS_PROXY_USER,
 * RDS_PROXY_DATABASE and the region.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` at once when the configuration cannot work
 * @example
 * export const handler = middy()
 *   .use(rdsProxy())
 *   .handler(async (_event, { db }) => (await db.query("select now()")).rows);
 */
export function rdsProxy<const Key extends string = "db", Db = PgConnection>(
  options?: RdsProxyMiddlewareOptions<Key, Db>,
): RdsProxyMiddleware<Key, Db>;
export function rdsProxy(
  options: RdsProxyMiddlewareOptions<string, unknown> = {},
): RdsProxyMiddleware<string, unknown> {
  return createMiddleware(options, plainPgAdapter());
}
