import { type ResolvedRdsProxyOptions, resolveOptions } from "@rds-proxy/core/adapter";
import type { Runtime } from "@rds-proxy/core/internal";
import { systemRuntime } from "@rds-proxy/core/internal";

/** The endpoint of the simulated server, for options and for environment variables. */
export const ENDPOINT = {
  host: "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com",
  user: "app",
  database: "shop",
  credentials: { accessKeyId: "ASIAIOSFODNN7EXAMPLE", secretAccessKey: "example" },
} as const;

/** Node's runtime, whose clocks are the scheduler's. */
export function simulatedRuntime(env: Runtime["env"] = {}): Runtime {
  return { ...systemRuntime, env, random: () => 0.5 };
}

export function simulatedOptions(maxConnections: number): ResolvedRdsProxyOptions {
  return resolveOptions({ ...ENDPOINT, maxConnections }, "postgres", simulatedRuntime());
}
