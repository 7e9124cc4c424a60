import { type Endpoint, type RdsProxyOptions, resolveOptions, systemRuntime } from "@rds-proxy/core";

export const PROXY_HOST = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";

/** The endpoint that options come to; a proxy's where they name no other. */
export function endpointOf(options: RdsProxyOptions, engine: Endpoint["engine"] = "postgres"): Endpoint {
  const runtime = { ...systemRuntime, env: {} };
  return resolveOptions({ host: PROXY_HOST, user: "app", ...options }, engine, runtime).endpoint;
}
