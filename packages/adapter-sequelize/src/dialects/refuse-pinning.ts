import { RdsProxyError } from "@rds-proxy/core";
import type { ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";

/** An option with which Sequelize changes session state that RDS Proxy does not track. */
export interface PinningOption {
  readonly name: string;
  readonly isGiven: boolean;
  /** What to do instead. */
  readonly remedy: string;
}

/** Refuses options that would pin each connection. An instance without a proxy cannot pin. */
export function refusePinning(
  { endpoint }: ResolvedRdsProxyOptions,
  options: readonly PinningOption[],
): void {
  if (endpoint.kind === "instance") return;
  for (const { name, isGiven, remedy } of options) {
    if (!isGiven) continue;
    throw new RdsProxyError(
      "RDS_PROXY_INVALID_OPTION",
      `${name}: not an option here, since RDS Proxy would pin every connection to one of the database's. ${remedy}`,
    );
  }
}
