import { deadlineIn } from "@rds-proxy/core/adapter";
import { type Runtime, systemRuntime } from "@rds-proxy/core/internal";
import { ENGINES, resolveProbe } from "./probe.js";
import type { ProbeOptions } from "./probe-options.js";
import { ProbeRun } from "./probe-run.js";

/**
 * Describes what a probe with these options would do. Opens no connection.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function describeProbe(given: ProbeOptions = {}, runtime: Runtime = systemRuntime): string {
  const { options, limits } = resolveProbe(given, runtime);
  const { endpoint } = options;
  const run = new ProbeRun(options, undefined, {
    ...limits,
    deadline: deadlineIn(limits.timeoutMs, runtime.clock),
  });
  const summaries = ENGINES[endpoint.engine].experiments(run).map(({ summary }) => summary);
  return `The probe connects to ${endpoint.host}:${endpoint.port} as ${endpoint.user}, with tokens of your own credentials and verified TLS, at most
${limits.maxConnections} connections at a time, about 60 in all, for at most ${Math.round(limits.timeoutMs / 1000)} s.

It logs in, also with tokens and handshakes that the proxy may refuse; its log shows them. It then runs these, and looks
whether they pin its session:

${[...new Set(summaries.filter(Boolean))].map((summary) => `  ${summary}`).join("\n")}

Statements read, or belong to transactions that take back what they did: settings of the session, locks of the probe's own
names, temporary objects. No data and no global setting change, and no right is needed but to log in.
`;
}
