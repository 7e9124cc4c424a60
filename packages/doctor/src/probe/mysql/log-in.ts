import type { ProbeRun } from "../probe-run.js";
import type { Wire } from "../wire/wire.js";
import { hasCapability } from "./capabilities.js";
import { logInToMysql, type MysqlLogin, type MysqlVariation } from "./mysql-login.js";

/** Logs in as usual, with retries. */
export async function logIn(run: ProbeRun): Promise<MysqlLogin> {
  return await run.connect((wire, password) => logInTo(run, wire, password));
}

/** Logs in in another way, once. */
export async function logInOnce(
  run: ProbeRun,
  variation: MysqlVariation,
  token?: string,
): Promise<MysqlLogin> {
  return await run.attempt((wire, password) =>
    logInTo(run, wire, token === undefined ? password : async () => token, variation),
  );
}

async function logInTo(
  { options: { endpoint } }: ProbeRun,
  wire: Wire,
  password: () => Promise<string>,
  variation?: MysqlVariation,
): Promise<MysqlLogin> {
  const login = await logInToMysql(wire, endpoint, password, variation);
  const { database } = endpoint;
  if (database !== undefined && !hasCapability(login.greeting.capabilities, "CONNECT_WITH_DB")) {
    await login.session.query(`use \`${database.replaceAll("`", "``")}\``);
  }
  return login;
}
