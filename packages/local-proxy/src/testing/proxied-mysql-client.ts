import mysql from "mysql2/promise";
import type { LocalProxy } from "../index.js";
import { signToken, type TokenChanges } from "./sign-token.js";

/** What a test signs or connects differently than usual. */
export interface MysqlLoginChanges {
  readonly user?: string;
  readonly database?: string;
  /** In place of a signed token. */
  readonly password?: string;
  /** Options that every version of mysql2 types alike. */
  readonly config?: Pick<
    mysql.ConnectionOptions,
    "charset" | "connectAttributes" | "connectTimeout" | "multipleStatements" | "ssl"
  >;
  readonly token?: TokenChanges;
}

/** What a client of any version of mysql2 connects with. */
export interface MysqlConfig extends NonNullable<MysqlLoginChanges["config"]> {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly authPlugins: Record<string, () => () => Promise<Buffer>>;
}

/** Usual options, by which a token is signed when the proxy asks for it. */
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

/** A real mysql2 client that is logged in. Its error events are kept, since unheard ones end the process. */
export async function connectMysql(
  proxy: LocalProxy,
  changes: MysqlLoginChanges = {},
): Promise<mysql.Connection & { readonly errors: Error[] }> {
  const connection = await mysql.createConnection(mysqlConfig(proxy, changes));
  const errors: Error[] = [];
  connection.on("error", (error: Error) => errors.push(error));
  return Object.assign(connection, { errors });
}

/** What a login fails with. */
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
