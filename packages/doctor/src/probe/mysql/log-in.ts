import type { ProbeRun } from "../probe-run.js";
import { logInToMysql, type MysqlLogin, type MysqlVariation } from "./mysql-login.js";

/** Logs in as usual, with retries. */
export async function logIn(run: ProbeRun): Promise<MysqlLogin> {
  return await run.connect((wire, password) => logInToMysql(wire, run.options.endpoint, password));
}

/** Logs in in another way, once. */
export async function logInOnce(
  run: ProbeRun,
  variation: MysqlVariation,
  token?: string,
): Promise<MysqlLogin> {
  return await run.attempt((wire, password) =>
    logInToMysql(wire, run.options.endpoint, token === undefined ? password : async () => token, variation),
  );
}
