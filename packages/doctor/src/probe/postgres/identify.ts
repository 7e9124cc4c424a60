import { NotAnRdsProxy } from "../probe-engine.js";
import type { Observation } from "../probe-report.js";
import type { ProbeRun } from "../probe-run.js";
import { NoTokenAsked } from "../wire/no-token-asked.js";
import { ServerRefusal } from "../wire/server-refusal.js";
import { logInToPostgres } from "./postgres-login.js";

/** Documented in "Connecting to a database through RDS Proxy": this parameter is refused. */
const REFUSED_PARAMETER = "statement_timeout";

class TokenAsked extends Error {}

/** Requests a parameter that RDS Proxy refuses, and no other server. Sends no token. */
export async function identifyPostgres(run: ProbeRun): Promise<readonly Observation[]> {
  const { user, database } = run.options.endpoint;
  const startup = { user, ...(database === undefined ? {} : { database }), [REFUSED_PARAMETER]: "0" };
  try {
    await run.attempt((wire) =>
      logInToPostgres(wire, startup, async () => {
        throw new TokenAsked();
      }),
    );
  } catch (error) {
    if (error instanceof ServerRefusal) {
      if (error.code === "0A000" && error.message.includes("RDS Proxy")) {
        return [{ name: `startup parameter ${REFUSED_PARAMETER}`, value: `${error.code} ${error.message}` }];
      }
      throw new NotAnRdsProxy(
        `RDS Proxy refuses the startup parameter ${REFUSED_PARAMETER} with 0A000; this server answered ${error.code}`,
      );
    }
    if (!(error instanceof TokenAsked) && !(error instanceof NoTokenAsked)) throw error;
  }
  throw new NotAnRdsProxy(
    `RDS Proxy refuses the startup parameter ${REFUSED_PARAMETER}; this server accepted it`,
  );
}
