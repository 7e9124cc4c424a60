import type { Mysql2Connection } from "@rds-proxy/adapter-mysql2";
import { plainMysql2Adapter } from "@rds-proxy/adapter-mysql2/internal";
import { type Database, databaseOf } from "./database.js";
import type { DatabaseOptions } from "./options.js";

/**
 * Warm, IAM-authenticated, TLS-verified connections to MySQL or MariaDB through RDS Proxy, for a handler of any framework.
 * Create it once, when the module loads. Without options everything comes from the environment: RDS_PROXY_ENDPOINT,
 * RDS_PROXY_USER, RDS_PROXY_DATABASE and the region.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` at once when the configuration cannot work
 * @example
 * const database = createDatabase();
 * export const handler = (_event: object, context: Context) =>
 *   database.run(async (db) => (await db.query("select now()"))[0], { context });
 */
export function createDatabase<Db = Mysql2Connection>(options?: DatabaseOptions<Db>): Database<Db>;
export function createDatabase(options: DatabaseOptions<unknown> = {}): Database<unknown> {
  return databaseOf(options, plainMysql2Adapter());
}
