import { type AuthToken, signAuthToken } from "./auth-token.js";
import type { FoundCredentials } from "./credentials.js";
import { describeEndpoint } from "./endpoint.js";
import { emitEvent } from "./events.js";
import type { ResolvedRdsProxyOptions } from "./options.js";

/** Which login an error ended: kept beside the error and not on it, so that nothing prints it by accident. */
const failedLogins = new WeakMap<object, Login>();

/** One physical connection's login: signs its token, and remembers for diagnosis all but the token. */
export class Login {
  readonly #options: ResolvedRdsProxyOptions;
  #signed: { token: AuthToken; found: FoundCredentials } | undefined;

  constructor(options: ResolvedRdsProxyOptions) {
    this.#options = options;
  }

  /** Signs a token. Called by the driver when the server asks for the password, and only then. */
  async password(): Promise<string> {
    const { endpoint, credentials, runtime } = this.#options;
    const found = await credentials(runtime.clock.now());
    const token = signAuthToken(endpoint, found.credentials, runtime.clock.now());
    this.#signed = { token, found };
    emitEvent("sign", () => ({
      endpoint: describeEndpoint(endpoint),
      accessKeyId: found.credentials.accessKeyId,
      credentialSource: found.source,
      expiresAt: token.expiresAt,
    }));
    return token.reveal();
  }

  /** Ties the driver's error to this login, for `describeFailedLogin`. */
  failedWith(error: unknown): void {
    if (typeof error === "object" && error !== null) failedLogins.set(error, this);
  }

  /** Everything known about the login but the token, in one sentence. */
  describe(): string {
    const { endpoint, tls, runtime } = this.#options;
    const signedFor = `Signed for ${endpoint.signingHost}:${endpoint.signingPort}, region ${endpoint.region}, user ${endpoint.user}`;
    if (!this.#signed) return `${signedFor}; the server did not ask for the token; TLS: ${tls.description}.`;

    const { token, found } = this.#signed;
    const { accessKeyId, sessionToken, expiration } = found.credentials;
    const ageSeconds = ((runtime.clock.now() - token.signedAt) / 1000).toFixed(1);
    return (
      `${signedFor}; token age ${ageSeconds} s, valid until ${new Date(token.expiresAt).toISOString()}; ` +
      `${sessionToken ? "temporary" : "long-term"} credentials ${accessKeyId} from ${SOURCE_NAMES[found.source]}, ` +
      `${expiration ? `expiring at ${expiration.toISOString()}` : "without a known expiry"}; TLS: ${tls.description}.`
    );
  }
}

const SOURCE_NAMES: Readonly<Record<FoundCredentials["source"], string>> = {
  option: "the option `credentials`",
  provider: "the provider in the option `credentials`",
  environment: "the environment variables",
  "default chain": "the SDK's default chain",
};

/** What is known about the login that ended with `error`; undefined when it got nowhere near one. */
export function describeFailedLogin(error: unknown): string | undefined {
  return typeof error === "object" && error !== null ? failedLogins.get(error)?.describe() : undefined;
}
