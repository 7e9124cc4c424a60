import { RdsProxyError } from "@rds-proxy/core";
import type { Refusal, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";

/** Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html */
export const STATEMENT_LIMITS: Refusal = {
  reason: "RDS Proxy refuses connections with it (0A000).",
  remedy:
    "Set it on the role, for example `ALTER ROLE app SET statement_timeout = '5s'`, or in the proxy's initialization " +
    "query; `query_timeout` is a limit on the client's side.",
};

export const NO_REPLICATION: Refusal = {
  reason: "RDS Proxy does not support replication (0A000).",
  remedy: "Connect to the database itself.",
};

/** node-postgres reads them if the option is missing. */
const STARTUP_VARIABLES = { PGOPTIONS: STATEMENT_LIMITS, PGREPLICATION: NO_REPLICATION } as const;

/** @throws RdsProxyError for an environment variable that sets a startup option, unless the endpoint is an RDS instance */
export function refuseStartupVariables({ endpoint, runtime }: ResolvedRdsProxyOptions): void {
  if (endpoint.kind === "instance") return;
  for (const [variable, { reason, remedy }] of Object.entries(STARTUP_VARIABLES)) {
    if (!runtime.env[variable]) continue;
    throw new RdsProxyError("RDS_PROXY_INVALID_OPTION", `${variable}: must not be set. ${reason} ${remedy}`);
  }
}
