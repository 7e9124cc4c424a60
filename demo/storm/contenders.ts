import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import type { Tenant } from "../databases/database.js";
import type { Engine } from "../engines.js";
import type { WallClock } from "../environments/wall-clock.js";
import type { StormOptions } from "./storm-options.js";

/** One way to reach the database. */
export interface Contender {
  readonly name: string;
  /** Its file in the engine's folder of `environments`. */
  readonly file: "direct" | "snippet" | "rds-proxy";
}

/** In the order of the story. */
export const contenders: readonly Contender[] = [
  { name: "straight at the server", file: "direct" },
  { name: "common snippet, proxy", file: "snippet" },
  { name: "rdsProxy(), proxy", file: "rds-proxy" },
];

export const workerSource: URL = new URL("./worker.ts", import.meta.url);

/** The module that makes a contender's environments. */
export function environmentSource(engine: Engine["name"], file: Contender["file"]): URL {
  return new URL(`./environments/${engine}/${file}.ts`, import.meta.url);
}

/** Room that the proxy leaves for administrators: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connections.html */
const maxConnectionsPercent = 90;

/** The proxy that a contender's environments go through; both of those that go through one get the same settings. */
export function startStormProxy(
  engine: Engine["name"],
  { upstream }: Tenant,
  clock: WallClock,
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

/** What `direct` reads, in the words of libpq and of MySQL's own programs. */
export function serverVariables({ upstream }: Tenant): Readonly<Record<string, string>> {
  const { host, port, user = "", password = "", database = "" } = upstream;
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    MYSQL_HOST: host,
    MYSQL_TCP_PORT: String(port),
    MYSQL_USER: user,
    MYSQL_PWD: password,
    MYSQL_DATABASE: database,
  };
}
