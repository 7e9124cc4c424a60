import type { AwsCredentials } from "../credentials/aws-credentials.js";
import type { EventOrigin } from "../events.js";
import { type RdsProxyOptions, type ResolvedRdsProxyOptions, resolveOptions } from "../options/options.js";
import type { Runtime } from "../runtime.js";
import { Restores } from "../time/restores.js";
import { createVirtualClock } from "./virtual-clock.js";

export const PROXY_HOST = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";

/** AWS's own example key pair, with a session token that would be recognised wherever it showed up. */
export const CREDENTIALS: Required<AwsCredentials> = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: "FwoGZXIvYXdzEXAMPLESESSIONTOKEN==",
  expiration: new Date("2026-03-01T18:00:00.000Z"),
};

/** The origin of each event of these options. */
export const ORIGIN: EventOrigin = {
  endpoint: `app@${PROXY_HOST}:5432`,
  engine: "postgres",
  host: PROXY_HOST,
  port: 5432,
  user: "app",
  database: "app",
};

/** Options of a proxy as a function would have them, with a scripted clock and random source. */
export function resolvedOptions(
  options: RdsProxyOptions = {},
  runtime: Partial<Runtime> = {},
): ResolvedRdsProxyOptions {
  const { clock = createVirtualClock(), env = {} } = runtime;
  return resolveOptions({ host: PROXY_HOST, user: "app", credentials: CREDENTIALS, ...options }, "postgres", {
    random: () => 0.5,
    restores: new Restores(clock, env),
    ...runtime,
    clock,
    env,
  });
}
