import type { DatabaseServer } from "../../../../packages/local-proxy/src/databases/index.js";

/**
 * Reads the URL of a server. Throws an `Error` that names the variable, and not the URL, which has a password in it.
 *
 * @param defaultDatabase the database if the URL has none
 */
export function parseServerUrl(
  variable: string,
  text: string,
  { port, database }: Pick<DatabaseServer, "port" | "database">,
): DatabaseServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) throw new Error(`${variable}: expected scheme://user:password@host:port/database`);
  return {
    host: url.hostname,
    port: Number(url.port || port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1) || database,
  };
}
