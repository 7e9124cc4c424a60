import { execFile } from "node:child_process";
import { promisify } from "node:util";
// By its path: Vitest resolves the imports of a global set-up without our conditions, and tests need no build.
import {
  findMysqlServer,
  type RunningServer,
  startPrivateMysql,
} from "../../../../packages/local-proxy/src/databases/index.js";
import { parseServerUrl } from "./postgres-server.js";

/** The MySQL or MariaDB at TEST_MYSQL_URL, without `settings`, or a private one, which is installed if it is missing. */
export async function startMysqlServer(settings: readonly string[] = []): Promise<RunningServer> {
  const url = process.env["TEST_MYSQL_URL"];
  if (url) {
    const server = parseServerUrl("TEST_MYSQL_URL", url, 3306);
    return { ...server, database: new URL(url).pathname.slice(1) || "test", stop: async () => undefined };
  }
  if (findMysqlServer() === undefined) await installServer();
  return await startPrivateMysql(["local-infile=1", "max-allowed-packet=128M", ...settings]);
}

async function installServer(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error(
      "These tests need a MySQL or MariaDB server: set TEST_MYSQL_URL (mysql://user:password@host:port/database), " +
        "or have mariadbd or mysqld on the PATH, or run as root where apt-get can install mariadb-server.",
    );
  }
  const run = promisify(execFile);
  // Run level 1 keeps the package from starting its service.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", ["install", "-y", "--no-install-recommends", "mariadb-server"], { env });
}
