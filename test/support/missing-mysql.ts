import { obtainMysqlProgram } from "../../tools/lambda-kit/src/servers/mysql-program.js";
import { mysqlServerOf } from "../../tools/lambda-kit/src/servers/mysql-urls.js";

/**
 * Why MySQL cannot be had on this machine, in one line; `undefined` if it can. Downloads it if it is missing.
 *
 * Rejects with an `Error` with that line where `CI` is set: tests that do not run must not look like tests that pass.
 */
export async function missingMysql(
  env: NodeJS.ProcessEnv = process.env,
  obtain: () => Promise<unknown> = () => obtainMysqlProgram("mysql"),
): Promise<string | undefined> {
  if (await mysqlServerOf("mysql", env)) return undefined;
  try {
    await obtain();
    return undefined;
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    const notice = `No tests on MySQL, for there is no server: ${reason}. Set TEST_MYSQL_URL to have them.`;
    if (env["CI"]) throw new Error(notice, { cause });
    return notice;
  }
}
