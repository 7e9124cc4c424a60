import type { ProbeRun } from "../probe-run.js";
import { logInToPostgres, type PostgresLogin, type PostgresVariation } from "./postgres-login.js";

/** Logs in as usual, with retries. */
export async function logIn(run: ProbeRun): Promise<PostgresLogin> {
  return await run.connect((wire, password) => logInToPostgres(wire, startupOf(run), password));
}

/** Logs in in another way, once. */
export async function logInOnce(
  run: ProbeRun,
  variation: PostgresVariation,
  token?: string,
): Promise<PostgresLogin> {
  return await run.attempt((wire, password) =>
    logInToPostgres(wire, startupOf(run), token === undefined ? password : async () => token, variation),
  );
}

/** All sessions of the probe have the same parameters, so that they can share database connections. */
function startupOf({ options: { endpoint } }: ProbeRun): Readonly<Record<string, string>> {
  return {
    user: endpoint.user,
    ...(endpoint.database === undefined ? {} : { database: endpoint.database }),
    client_encoding: "UTF8",
  };
}
