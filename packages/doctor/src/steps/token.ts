import type { ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import { signAuthToken } from "@rds-proxy/core/diagnosis";
import type { AwsCredentials } from "@rds-proxy/core/internal";
import type { Finding } from "../finding.js";
import type { DiagnosisFact } from "../report.js";

/** A token that expires sooner is a warning: it may expire while a login waits for the proxy. */
const SHORT_LIFE_MS = 60_000;

/** Signs a token as a login does, and reads back what was signed. The finding has no signature and no session token. */
export function inspectToken(
  { endpoint, runtime }: ResolvedRdsProxyOptions,
  credentials: AwsCredentials,
): Finding<undefined> {
  const now = runtime.clock.now();
  const token = signAuthToken(endpoint, credentials, now);
  // A token is a URL without its scheme.
  const { host, searchParams } = new URL(`https://${token.reveal()}`);
  const scope = searchParams.get("X-Amz-Credential")?.split("/") ?? [];
  const facts: DiagnosisFact[] = [
    { name: "signed for", value: withPort(host, endpoint.signingPort) },
    { name: "user", value: searchParams.get("DBUser") ?? "none" },
    { name: "region", value: scope[2] ?? "none" },
    { name: "signed at", value: new Date(token.signedAt).toISOString() },
    { name: "accepted until", value: new Date(token.expiresAt).toISOString() },
  ];
  if (token.expiresAt - now < SHORT_LIFE_MS) {
    return {
      outcome: "warning",
      problem: "The token expires within a minute, together with the credentials that signed it.",
      facts,
      causes: [
        {
          cause: "The credentials are about to expire.",
          remedy: "Refresh them; the AWS SDK's providers do so automatically.",
        },
      ],
      result: undefined,
    };
  }
  return { outcome: "ok", facts, result: undefined };
}

/** `URL` omits the default port of its scheme. */
function withPort(host: string, port: number): string {
  return host.endsWith(`:${port}`) ? host : `${host}:${port}`;
}
