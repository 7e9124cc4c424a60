import mysql from "mysql2/promise";
import type { LocalProxy } from "../index.js";
import { signToken, type TokenChanges } from "./sign-token.js";

/** What a test signs or connects differently from the defaults. */
export interface MysqlLoginChanges {
  readonly user?: string;
  readonly database?: string;
  /** In place of a signed token. */
  readonly password?: string;
  /** Options whose types are the same in every version of mysql2. */
  readonly config?: Pick<
    mysql.ConnectionOptions,
    "charset" | "connectAttributes" | "connectTimeout" | "multipleStatements" | "ssl"
  >;
  readonly token?: TokenChanges;
}

/** The options of a client of any version of mysql2. */
export interface MysqlConfig extends NonNullable<MysqlLoginChanges["config"]> {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly authPlugins: Record<string, () => () => Promise<Buffer>>;
}

/** Options that sign a token when the proxy requests the password. */
export function mysqlConfig(proxy: LocalProxy, changes: MysqlLoginChanges = {}): MysqlConfig {
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

/** A mysql2 client that is logged in. Collects its error events, since unhandled ones end the process. */
export async function connectMysql(
  proxy: LocalProxy,
  changes: MysqlLoginChanges = {},
): Promise<mysql.Connection & { readonly errors: Error[] }> {
  const connection = await mysql.createConnection(mysqlConfig(proxy, changes));
  const errors: Error[] = [];
  connection.on("error", (error: Error) => errors.push(error));
  return Object.assign(connection, { errors });
}

/** The error of a failed login. */
export async function mysqlLoginFailure(
  proxy: LocalProxy,
  changes: MysqlLoginChanges = {},
): Promise<{ code: unknown; errno: unknown; sqlState: unknown; message: string }> {
  const outcome: unknown = await mysql
    .createConnection(mysqlConfig(proxy, changes))
    .catch((error: unknown) => error);
  if (!(outcome instanceof Error)) throw new Error("the login succeeded");
  const { code, errno, sqlState } = outcome as { code?: unknown; errno?: unknown; sqlState?: unknown };
  return { code, errno, sqlState, message: outcome.message };
}
