import type { SharedClock } from "@rds-proxy/lambda-kit/clock";
import type { ContenderFile } from "@rds-proxy/lambda-kit/fleet";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import type { Tenant } from "../databases/database.js";
import type { Engine } from "../engines.js";
import type { StormOptions } from "./storm-options.js";

/** One way to reach the database. */
export interface Contender {
  readonly name: string;
  readonly file: ContenderFile;
}

/** In the order of the chart. */
export const contenders: readonly Contender[] = [
  { name: "straight at the server", file: "direct" },
  { name: "common snippet, proxy", file: "snippet" },
  { name: "rdsProxy(), proxy", file: "rds-proxy" },
];

/** Room that the proxy leaves for administrators: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html */
const maxConnectionsPercent = 90;

/** The proxy of a contender's environments; both contenders behind one get the same settings. */
export function startStormProxy(
  engine: Engine["name"],
  { upstream }: Tenant,
  clock: SharedClock,
  { maxConnections, loginsPerSecond }: StormOptions,
): Promise<LocalProxy> {
  return startLocalProxy({
    engine,
    upstream,
    now: () => clock.now(),
    maxConnections,
    maxConnectionsPercent,
    limits: { iamRequestsPerSecond: loginsPerSecond },
  });
}
