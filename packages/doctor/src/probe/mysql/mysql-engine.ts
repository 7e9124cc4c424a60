import type { Experiment } from "../experiments/experiment.js";
import { PinCheck } from "../experiments/pin-check.js";
import { serverName } from "../experiments/server-name.js";
import { statementLimit } from "../experiments/statement-limit.js";
import { tokenExperiments } from "../experiments/tokens.js";
import type { ProbeEngine } from "../probe-engine.js";
import { greetingExperiment } from "./greeting-experiment.js";
import { identifyMysql } from "./identify.js";
import { logIn, logInOnce } from "./log-in.js";
import type { MysqlSession } from "./mysql-session.js";
import { pinRules } from "./pin-rules.js";

/** Readers of a cluster may have the same connection ids. */
const BACKEND_QUERY = "select concat(connection_id(), ' ', @@hostname)";

export const mysqlEngine: ProbeEngine = {
  identify: identifyMysql,

  async serverVersion(run) {
    const { session } = await logIn(run);
    const [[version] = []] = await session.query("select version()");
    session.end();
    // Without the build in `10.11.6-MariaDB-1:10.11.6+maria~deb12`.
    return /^[\d.]+(?:-MariaDB)?/.exec(version ?? "")?.[0] ?? "";
  },

  experiments(run): readonly Experiment[] {
    const check = new PinCheck<MysqlSession>(run, {
      open: async (given) => (await logIn(given)).session,
      backendQuery: BACKEND_QUERY,
    });
    return [
      greetingExperiment,
      serverName(async (given) => (await logInOnce(given, { namesHost: false })).session.end()),
      ...tokenExperiments(async (given, token) => (await logInOnce(given, {}, token)).session.end()),
      statementLimit(check),
      ...pinRules(check, run),
    ];
  },
};
