import type { AwsCredentials, ResolvedRdsProxyOptions } from "@rds-proxy/core";
import { signAuthToken } from "@rds-proxy/core/diagnosis";
import type { Finding } from "../finding.js";
import type { Fact } from "../report.js";

/** A token with less time left is worth a warning: a login that waits may outlast it. */
const SHORT_LIFE_MS = 60_000;

/** Signs a token as a login does, and reads back what it is signed for. Signature and session token stay out of it. */
export function readToken(
  { endpoint, runtime }: ResolvedRdsProxyOptions,
  credentials: AwsCredentials,
): Finding<undefined> {
  const now = runtime.clock.now();
  const token = signAuthToken(endpoint, credentials, now);
  // A token is a URL without its scheme.
  const { host, searchParams } = new URL(`https://${token.reveal()}`);
  const scope = searchParams.get("X-Amz-Credential")?.split("/") ?? [];
  const facts: Fact[] = [
    { name: "signed for", value: portShown(host, endpoint.signingPort) },
    { name: "user", value: searchParams.get("DBUser") ?? "none" },
    { name: "region", value: scope[2] ?? "none" },
    { name: "signed at", value: new Date(token.signedAt).toISOString() },
    { name: "accepted until", value: new Date(token.expiresAt).toISOString() },
  ];
  if (token.expiresAt - now < SHORT_LIFE_MS) {
    return {
      outcome: "warning",
      problem: "The token ends within a minute, with the credentials that signed it.",
      facts,
      causes: [
        {
          cause: "The credentials are about to expire.",
          remedy: "Get new ones; a provider of the SDK does so by itself.",
        },
      ],
      learned: undefined,
    };
  }
  return { outcome: "ok", facts, learned: undefined };
}

/** A URL leaves out the port that is usual for its scheme. */
function portShown(host: string, port: number): string {
  return host.endsWith(`:${port}`) ? host : `${host}:${port}`;
}
