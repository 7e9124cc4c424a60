import type { PoolOptions } from "mysql2";
import { CONNECT_TIMEOUT_MS, database, host, port, user } from "./endpoint.js";
import { createSigner } from "./signer.js";

/** How the snippet logs in. */
export type SnippetLogin = Pick<PoolOptions, "authPlugins" | "password" | "enableCleartextPlugin">;

/**
 * What good tutorials and issue threads arrive at: one pool per environment, outside the handler, with one connection; TLS
 * that verifies the host name, too; and a token for each login. mysql2's pool needs no error listener: it removes a connection
 * that fails. These are options and no pool, since Kysely takes the pool of `mysql2` and others that of `mysql2/promise`.
 *
 * @param login default: signs a token for each login, in a plugin, because mysql2's `password` is a string
 */
export function snippetPoolOptions(login: SnippetLogin = signAtLogin()): PoolOptions {
  return {
    host,
    port,
    user,
    database,
    ...login,
    ssl: { rejectUnauthorized: true, verifyIdentity: true },
    connectionLimit: 1,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
  };
}

function signAtLogin(): SnippetLogin {
  const signer = createSigner();
  return {
    authPlugins: { mysql_clear_password: () => async () => Buffer.from(`${await signer.getAuthToken()}\0`) },
  };
}
