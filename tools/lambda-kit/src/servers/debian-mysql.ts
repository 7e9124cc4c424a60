import { join } from "node:path";
import type { MysqlProgram } from "../../../../packages/local-proxy/src/databases/index.js";
import { obtainDebianPackage } from "./debian-package.js";

/** The MySQL server of Debian's unstable suite; rejects as {@link obtainDebianPackage} does. */
export async function obtainDebianMysql(
  cacheFolder: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<MysqlProgram> {
  const { folder, loader } = await obtainDebianPackage("mysql-server-core", cacheFolder, env, [
    "usr/lib/mysql/private",
  ]);
  const share = join(folder, "usr", "share", "mysql");
  return {
    command: loader.command,
    args: [...loader.args, join(folder, "usr", "sbin", "mysqld")],
    settings: [
      `basedir=${join(folder, "usr")}`,
      `lc-messages-dir=${share}`,
      `character-sets-dir=${join(share, "charsets")}`,
    ],
  };
}
