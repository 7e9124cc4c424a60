import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { DatabaseServer } from "../../../../packages/local-proxy/src/databases/index.js";
import { parseServerUrl } from "./server-url.js";

/** The two kinds of server that the engine `mysql` stands for. */
export type MysqlProduct = "mysql" | "mariadb";

/** The servers of TEST_MYSQL_URL: one URL, or several with spaces between them. */
export function mysqlServers(env: NodeJS.ProcessEnv = process.env): readonly DatabaseServer[] {
  const urls = (env["TEST_MYSQL_URL"] ?? "").split(/\s+/).filter((url) => url !== "");
  return urls.map((url) => parseServerUrl("TEST_MYSQL_URL", url, { port: 3306, database: "test" }));
}

/**
 * The server of TEST_MYSQL_URL that is this product, if there is one.
 *
 * Rejects with an `Error` if two are, since one of them would be left untested.
 */
export async function mysqlServerOf(
  product: MysqlProduct,
  env: NodeJS.ProcessEnv = process.env,
): Promise<DatabaseServer | undefined> {
  const servers = mysqlServers(env);
  const products = await Promise.all(servers.map(productAt));
  const matching = servers.filter((_, i) => products[i] === product);
  if (matching.length > 1) {
    const places = matching.map(({ host, port }) => `${host}:${port}`).join(" and ");
    throw new Error(`TEST_MYSQL_URL: ${places} are both ${product}; expected one server of each kind.`);
  }
  return matching[0];
}

/** What the version of a server says that it is. */
export function productOf(version: string): MysqlProduct {
  return version.includes("MariaDB") ? "mariadb" : "mysql";
}

async function productAt(server: DatabaseServer): Promise<MysqlProduct> {
  const { host, port } = server;
  try {
    const connection = await createConnection({ ...server });
    const [rows] = await connection.query<RowDataPacket[]>("select version() as version");
    await connection.end();
    return productOf(String(rows[0]?.["version"]));
  } catch (cause) {
    throw new Error(`TEST_MYSQL_URL: ${host}:${port} did not tell its version.`, { cause });
  }
}
