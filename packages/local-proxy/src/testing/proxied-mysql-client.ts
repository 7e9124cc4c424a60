import mysql from "mysql2/promise";
import type { LocalProxy } from "../index.js";
import { signToken, type TokenChanges } from "./sign-token.js";

/** What a test signs or connects differently than usual. */
export interface MysqlLoginChanges {
  readonly user?: string;
  readonly database?: string;
  /** In place of a signed token. */
  readonly password?: string;
  readonly config?: mysql.ConnectionOptions;
  readonly token?: TokenChanges;
  /** Default: mysql2 as it is now. */
  readonly driver?: MysqlDriver;
}

/** As much of any version of mysql2 as the tests use. */
export interface MysqlDriver {
  createConnection(options: mysql.ConnectionOptions): Promise<MysqlConnection>;
}

/** The same of its connections. */
export type MysqlConnection = Pick<
  mysql.Connection,
  "query" | "execute" | "prepare" | "beginTransaction" | "commit" | "changeUser" | "end" | "destroy"
> & { on(event: "error", listener: (error: Error) => void): unknown };

/** What a real mysql2 client connects with. */
export function mysqlConfig(proxy: LocalProxy, changes: MysqlLoginChanges = {}): mysql.ConnectionOptions {
  const user = changes.user ?? proxy.environment["RDS_PROXY_USER"] ?? "";
  const password = async (): Promise<Buffer> => {
    const token = changes.password ?? (await signToken(proxy, { username: user, ...changes.token }));
    return Buffer.from(`${token}\0`);
  };
  return {
    host: proxy.host,
    port: proxy.port,
    user,
    database: changes.database ?? proxy.environment["RDS_PROXY_DATABASE"] ?? "",
    authPlugins: { mysql_clear_password: () => password },
    ssl: { ca: proxy.ca, rejectUnauthorized: true, verifyIdentity: true },
    ...changes.config,
  };
}

/** A real mysql2 client that is logged in. Its error events are kept, since unheard ones end the process. */
export async function connectMysql(
  proxy: LocalProxy,
  changes: MysqlLoginChanges = {},
): Promise<MysqlConnection & { readonly errors: Error[] }> {
  const driver = changes.driver ?? mysql;
  const connection = await driver.createConnection(mysqlConfig(proxy, changes));
  const errors: Error[] = [];
  connection.on("error", (error: Error) => errors.push(error));
  return Object.assign(connection, { errors });
}

/** What a login fails with. */
export async function mysqlLoginFailure(
  proxy: LocalProxy,
  changes: MysqlLoginChanges = {},
): Promise<{ code: unknown; errno: unknown; sqlState: unknown; message: string }> {
  const outcome: unknown = await mysql.createConnection(mysqlConfig(proxy, changes)).catch((error) => error);
  if (outcome instanceof Error) {
    const { code, errno, sqlState } = outcome as { code?: unknown; errno?: unknown; sqlState?: unknown };
    return { code, errno, sqlState, message: outcome.message };
  }
  throw new Error("the login succeeded");
}
