import type { Experiment } from "../experiments/experiment.js";
import { PinCheck } from "../experiments/pin-check.js";
import { serverName } from "../experiments/server-name.js";
import { statementLimit } from "../experiments/statement-limit.js";
import { tokenExperiments } from "../experiments/tokens.js";
import type { ProbeEngine } from "../probe-engine.js";
import { greetingExperiments } from "./greeting.js";
import { identifyPostgres } from "./identify.js";
import { logIn, logInOnce } from "./log-in.js";
import { pinRules } from "./pin-rules.js";
import { bind, execute, type PostgresSession, parse } from "./postgres-session.js";
import { BACKEND_QUERY, unnamedStatement } from "./unnamed-statement.js";

export const postgresEngine: ProbeEngine = {
  identify: identifyPostgres,

  async serverVersion(run) {
    const { session } = await logIn(run);
    const [[version] = []] = await session.query("select current_setting('server_version')");
    session.end();
    // Without the build, as in `18.3 (Debian 18.3-1)`.
    return version?.split(" ")[0] ?? "";
  },

  experiments(run): readonly Experiment[] {
    const check = new PinCheck<PostgresSession>(run, {
      open: async (given) => (await logIn(given)).session,
      backendQuery: BACKEND_QUERY,
    });
    return [
      ...greetingExperiments,
      serverName(async (given) => (await logInOnce(given, { namesHost: false })).session.end()),
      ...tokenExperiments(async (given, token) => (await logInOnce(given, {}, token)).session.end()),
      statementLimit(check, (session, bytes) =>
        session.extended(
          parse("", "select length($1::text)"),
          bind("", "", ["x".repeat(bytes)]),
          execute(""),
        ),
      ),
      ...pinRules(check),
      unnamedStatement(check),
    ];
  },
};
