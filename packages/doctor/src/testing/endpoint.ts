import type { RdsProxyOptions } from "@rds-proxy/core";
import { type Endpoint, resolveOptions } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";

export const PROXY_HOST = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";

/** Resolves options to an endpoint, of a proxy by default. */
export function endpointOf(options: RdsProxyOptions, engine: Endpoint["engine"] = "postgres"): Endpoint {
  const runtime = { ...systemRuntime, env: {} };
  return resolveOptions({ host: PROXY_HOST, user: "app", ...options }, engine, runtime).endpoint;
}
