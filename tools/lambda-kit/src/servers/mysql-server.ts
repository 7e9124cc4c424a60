// By its path: Vitest resolves the imports of a global set-up without our conditions, and tests need no build.
import {
  type DatabaseServer,
  findMysqlServer,
  type RunningServer,
  startPrivateMysql,
} from "../../../../packages/local-proxy/src/databases/index.js";
import { obtainMysqlProgram } from "./mysql-program.js";
import { type MysqlProduct, mysqlServerOf, mysqlServers } from "./mysql-urls.js";

/**
 * The server of TEST_MYSQL_URL, without `settings`, or a private one, which is downloaded or installed if it is missing.
 *
 * @param product default: the first server of TEST_MYSQL_URL, or what is installed, whatever it is, or MariaDB
 */
export async function startMysqlServer(
  settings: readonly string[] = [],
  product?: MysqlProduct,
): Promise<RunningServer> {
  const server = await givenServer(product);
  if (server) return { ...server, stop: async () => undefined };
  return await startPrivateMysql(
    ["local-infile=1", "max-allowed-packet=128M", ...settings],
    await programFor(product),
  );
}

async function givenServer(product: MysqlProduct | undefined): Promise<DatabaseServer | undefined> {
  return product === undefined ? mysqlServers()[0] : await mysqlServerOf(product);
}

async function programFor(product: MysqlProduct | undefined) {
  const command = product === undefined ? findMysqlServer() : undefined;
  return command === undefined ? await obtainMysqlProgram(product ?? "mariadb") : { command };
}
