import { isIP } from "node:net";
import { decided, undecided } from "../probe-report.js";
import type { ProbeRun } from "../probe-run.js";
import type { Experiment } from "./experiment.js";
import { isHandshakeAccepted } from "./handshake.js";

/** Whether clients have to name the host in their TLS handshake (SNI). */
export function serverName(logInWithoutName: (run: ProbeRun) => Promise<void>): Experiment {
  const setting = "requireSni";
  return {
    summary: "a login whose TLS handshake does not name the host",
    settings: [setting],
    async decide(run) {
      if (isIP(run.options.tls.servername))
        return [undecided(setting, "the endpoint is an address, not a name")];
      return [decided(setting, !(await isHandshakeAccepted(run, logInWithoutName)))];
    },
  };
}
