import type { UpstreamSecret } from "../backend/upstream-connection.js";
import type { ClientProtocol, PasswordLogin, SessionLog } from "../engine.js";
import type { ResolvedOptions } from "../options/options.js";
import type { ProxyState } from "../proxy-state.js";
import { looksLikeToken, verifyToken } from "./verify-token.js";

/** How a user has to log in; unknown users by a token. */
export function loginMethodOf(
  user: string,
  { authentication, secrets }: Pick<ResolvedOptions, "authentication" | "secrets">,
): "iam" | "password" {
  return authentication === "end-to-end-iam" ? "iam" : (secrets.get(user)?.authentication ?? "iam");
}

/**
 * Checks a client's login, and returns the secret for the login at the database. Throws a refusal: the text of the mode
 * where the client used another mode than the proxy's.
 */
export function authenticate(
  { user, proof }: PasswordLogin,
  protocol: ClientProtocol,
  proxy: ProxyState,
  log: SessionLog,
): UpstreamSecret {
  const { options } = proxy;
  const secret = options.secrets.get(user);
  if (loginMethodOf(user, options) === "password") {
    const isRight = proof.kind === "checked" ? proof.isRight : proof.text === (secret?.password ?? "");
    if (secret !== undefined && isRight) return secret;
    const isToken = proof.kind === "text" && looksLikeToken(proof.text);
    log(
      `Proxy authentication with password authentication failed for user "${user}". Reason: Invalid credentials.`,
    );
    throw isToken ? protocol.modeRefusals.iamNotConfigured(user) : protocol.modeRefusals.passwordWrong(user);
  }
  const text = proof.kind === "text" ? proof.text : "";
  if (options.authentication === "end-to-end-iam" && !looksLikeToken(text)) {
    proxy.counters.countToken(undefined, "malformed");
    throw protocol.modeRefusals.iamExpected(user);
  }
  if (!proxy.limits.passIam(text)) throw protocol.refusals.throttled(user);
  checkToken(text, user, protocol, proxy, log);
  proxy.limits.noteAccepted(text);
  if (secret !== undefined) return secret;
  if (options.authentication === "end-to-end-iam") return { user, password: undefined };
  throw protocol.refusals["no-credentials"](user);
}

function checkToken(
  password: string,
  user: string,
  protocol: ClientProtocol,
  proxy: ProxyState,
  log: SessionLog,
): void {
  const { options, counters, endpoints, credentials } = proxy;
  const verdict = verifyToken(password, {
    user,
    endpoints,
    isHostCaseIgnored: options.tokenHostCase === "ignored",
    region: options.region,
    credentials,
    nowMs: options.now(),
    clockSkewMs: options.clockSkewMs,
    hasFixedLifetime: options.tokenLifetime === "fixed",
  });
  const fault = verdict.fault ?? (options.deniedUsers.has(user) ? "denied" : undefined);
  counters.countToken(verdict.signature, fault);
  if (fault === undefined) return;
  log(
    `Proxy authentication with IAM authentication failed for user "${user}" with TLS on. Reason: ${fault}.`,
  );
  throw Object.assign(protocol.refusals.refused(user), { detail: fault });
}
