import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findProgram } from "../../../../packages/local-proxy/src/databases/find-program.js";
import type { MysqlProgram } from "../../../../packages/local-proxy/src/databases/index.js";
import { obtainDebianMysql } from "./debian-mysql.js";
import { debianCache } from "./debian-package.js";
import { type MysqlProduct, productOf } from "./mysql-urls.js";

const run = promisify(execFile);

/**
 * The program of a server: an installed one, else for MariaDB Debian's package, installed, and for MySQL, which has none in
 * Debian's releases, that of the unstable suite in a folder of the project.
 *
 * Rejects with an `Error` that says what is missing if it cannot be had here.
 */
export async function obtainMysqlProgram(
  product: MysqlProduct,
  { cacheFolder = debianCache, env = process.env }: { cacheFolder?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<MysqlProgram> {
  const installed = await findInstalled(product);
  if (installed) return installed;
  if (product === "mysql") return await obtainDebianMysql(cacheFolder, env);
  await installMariaDb();
  const added = await findInstalled(product);
  if (added) return added;
  throw new Error("apt-get has installed mariadb-server, but mariadbd was not found.");
}

const NAMES: Readonly<Record<MysqlProduct, readonly string[]>> = {
  mariadb: ["mariadbd", "mysqld"],
  mysql: ["mysqld"],
};

async function findInstalled(product: MysqlProduct): Promise<MysqlProgram | undefined> {
  const command = findProgram(NAMES[product]);
  if (command === undefined) return undefined;
  // MariaDB has a mysqld, too.
  const { stdout: version } = await run(command, ["--no-defaults", "--version"]);
  return productOf(version) === product ? { command } : undefined;
}

async function installMariaDb(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      "These tests need a MariaDB server: set TEST_MYSQL_URL (mysql://user:password@host:port/database), " +
        "or have mariadbd on the PATH, or run as root where apt-get can install mariadb-server.",
    );
  }
  // Run level 1 keeps the package from starting its service.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", ["install", "-y", "--no-install-recommends", "mariadb-server"], { env });
}
