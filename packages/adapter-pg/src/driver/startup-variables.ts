import { RdsProxyError } from "@rds-proxy/core";
import type { Refusal, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";

/** Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html */
export const STATEMENT_LIMITS: Refusal = {
  reason: "RDS Proxy refuses connections that carry it (0A000).",
  remedy:
    "Set it on the role, for example `ALTER ROLE app SET statement_timeout = '5s'`, or in the proxy's initialization " +
    "query; a limit on the client's side is `query_timeout`.",
};

export const NO_REPLICATION: Refusal = {
  reason: "RDS Proxy does not relay replication (0A000).",
  remedy: "Connect to the database itself.",
};

/** Read by node-postgres itself when the option is missing. */
const STARTUP_VARIABLES = { PGOPTIONS: STATEMENT_LIMITS, PGREPLICATION: NO_REPLICATION } as const;

/** @throws RdsProxyError for a variable that adds a startup option which RDS Proxy refuses, and an RDS instance takes */
export function refuseStartupVariables({ endpoint, runtime }: ResolvedRdsProxyOptions): void {
  if (endpoint.kind === "instance") return;
  for (const [variable, { reason, remedy }] of Object.entries(STARTUP_VARIABLES)) {
    if (!runtime.env[variable]) continue;
    throw new RdsProxyError("RDS_PROXY_INVALID_OPTION", `${variable}: must not be set. ${reason} ${remedy}`);
  }
}
