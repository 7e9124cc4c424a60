import type { Duplex } from "node:stream";
import { signAuthToken } from "./auth-token.js";
import { builtinModule } from "./builtin-module.js";
import type { FoundCredentials } from "./credentials.js";
import { type Deadline, deadlineIn, within } from "./deadline.js";
import { describeEndpoint } from "./endpoint.js";
import { RdsProxyError } from "./errors.js";
import { emitEvent } from "./events.js";
import type { ResolvedRdsProxyOptions } from "./options.js";
import type { SecretValue } from "./secret.js";

/** Which login an error ended: kept beside the error and not on it, so that nothing prints it by accident. */
const failedLogins = new WeakMap<object, Login>();

/** The part of an attempt's time that credentials may take, so that their absence is not laid at the server's door. */
const CREDENTIALS_SHARE = 0.8;

/** A login takes some kilobytes, most of them certificates. */
const LONGEST_LOGIN_BYTES = 2 ** 20;

/** Often enough for a fast server not to fill the memory in between. */
const CHECK_LENGTH_EVERY_MS = 10;

/** What `describe` tells about a token. The token and the keys themselves are not kept. */
interface SignedToken {
  readonly signedAt: number;
  readonly expiresAt: number;
  readonly accessKeyId: string;
  readonly isTemporary: boolean;
  readonly expiration: Date | undefined;
  readonly source: FoundCredentials["source"];
}

/** One physical connection's login: signs its token, and remembers for diagnosis all but the token. */
export class Login {
  readonly #options: ResolvedRdsProxyOptions;
  #signed: SignedToken | undefined;
  #askedForCredentialsAt: number | undefined;
  #secretValue: SecretValue | undefined;

  constructor(options: ResolvedRdsProxyOptions) {
    this.#options = options;
  }

  /** Whether the server has asked for the token, and the credentials to sign it with have not come yet. */
  get isWaitingForCredentials(): boolean {
    return this.#askedForCredentialsAt !== undefined;
  }

  /** The user and password of a secret, once `prepare` has read them. */
  get secretValue(): SecretValue | undefined {
    return this.#secretValue;
  }

  /**
   * Reads the secret, where there is one, since only it may tell who logs in. Called by the driver before it begins.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also when it does not come in most of an attempt's time
   */
  async prepare(): Promise<SecretValue | undefined> {
    const { secret } = this.#options;
    if (secret) this.#secretValue ??= await this.#waitForCredentials((deadline) => secret.read(deadline));
    return this.#secretValue;
  }

  /**
   * Signs a token, or gives the password of the secret. Called by the driver when the server asks for it, and only then.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also when they do not come in most of an attempt's time
   */
  async password(): Promise<string> {
    const { endpoint, runtime, secret, credentials: find } = this.#options;
    const secretValue = secret && (await this.prepare());
    if (secretValue) return secretValue.password;
    const { credentials, source } = await this.#waitForCredentials((deadline) =>
      within(find(runtime.clock.now()), deadline, () => this.credentialsTimeout()),
    );
    const token = signAuthToken(endpoint, credentials, runtime.clock.now());
    const { accessKeyId, sessionToken, expiration } = credentials;
    const { signedAt, expiresAt } = token;
    this.#signed = {
      signedAt,
      expiresAt,
      accessKeyId,
      isTemporary: sessionToken !== undefined,
      expiration,
      source,
    };
    emitEvent("sign", () => ({
      endpoint: describeEndpoint(endpoint),
      accessKeyId,
      credentialSource: source,
      expiresAt,
    }));
    return token.reveal();
  }

  /**
   * Settles as `work` does, unless the attempt's deadline passes first or the server says more than any login takes.
   * Whoever connects closes the socket then.
   *
   * @param work the driver's login
   * @param stream the socket at present: it is another one when TLS has begun
   */
  async limit<T>(work: Promise<T>, deadline: Deadline, stream: () => Duplex | undefined): Promise<T> {
    const { promise: excess, reject } = Promise.withResolvers<never>();
    const watch = setInterval(() => {
      const socket = stream();
      if (socket instanceof builtinModule("node:net").Socket && socket.bytesRead > LONGEST_LOGIN_BYTES)
        reject(this.#endlessLogin());
    }, CHECK_LENGTH_EVERY_MS);
    try {
      return await within(Promise.race([work, excess]), deadline, () => this.timeoutError());
    } finally {
      clearInterval(watch);
    }
  }

  /** The error of a login that ends while `isWaitingForCredentials`. */
  credentialsTimeout(): RdsProxyError {
    const { secret, runtime } = this.#options;
    const now = runtime.clock.now();
    const waitedMs = now - (this.#askedForCredentialsAt ?? now);
    if (secret) return secret.unanswered(waitedMs);
    return new RdsProxyError(
      "RDS_PROXY_NO_CREDENTIALS",
      "No AWS credentials to sign the auth token with: the provider in the option `credentials` (or STS for `roleArn`, " +
        `or the SDK's default chain) did not answer in ${(waitedMs / 1000).toFixed(1)} s. Check what it has to reach: in a VPC ` +
        "without a way to the internet, STS needs an interface endpoint. A Lambda function's own role needs " +
        "neither: leave `credentials` out.",
    );
  }

  /** The error of an attempt that ran out of time: whose fault it was depends on who was waited for. */
  timeoutError(): Error {
    if (this.isWaitingForCredentials) return this.credentialsTimeout();
    const error = new Error("the server did not complete the login in the time for one attempt");
    return Object.assign(error, { code: "ETIMEDOUT" });
  }

  #endlessLogin(): RdsProxyError {
    return new RdsProxyError(
      "RDS_PROXY_REFUSED",
      `Could not connect to ${describeEndpoint(this.#options.endpoint)}: the server said more than a megabyte before ` +
        "the login was done. What answers at this address does not speak the database's protocol.",
    );
  }

  /** Ties the driver's error to this login, for `failedLogin`. */
  failedWith(error: unknown): void {
    if (typeof error === "object" && error !== null) failedLogins.set(error, this);
  }

  /** Everything known about the login but the token, in one sentence. */
  describe(): string {
    const { endpoint, tls, runtime, secret } = this.#options;
    if (secret) return `${secret.describe()}; TLS: ${tls.description}.`;
    const signedFor = `Signed for ${endpoint.signingHost}:${endpoint.signingPort}, region ${endpoint.region}, user ${endpoint.user}`;
    if (!this.#signed) return `${signedFor}; the server did not ask for the token; TLS: ${tls.description}.`;

    const { signedAt, expiresAt, accessKeyId, isTemporary, expiration, source } = this.#signed;
    const ageSeconds = ((runtime.clock.now() - signedAt) / 1000).toFixed(1);
    return (
      `${signedFor}; token age ${ageSeconds} s, valid until ${new Date(expiresAt).toISOString()}; ` +
      `${isTemporary ? "temporary" : "long-term"} credentials ${accessKeyId} from ${SOURCE_NAMES[source]}, ` +
      `${expiration ? `expiring at ${expiration.toISOString()}` : "without a known expiry"}; TLS: ${tls.description}.`
    );
  }

  async #waitForCredentials<T>(ask: (deadline: Deadline) => Promise<T>): Promise<T> {
    const { connectTimeoutMs, runtime } = this.#options;
    this.#askedForCredentialsAt = runtime.clock.now();
    try {
      return await ask(deadlineIn(connectTimeoutMs * CREDENTIALS_SHARE, runtime.clock));
    } finally {
      this.#askedForCredentialsAt = undefined;
    }
  }
}

/** Sources of credentials as messages name them. */
export const SOURCE_NAMES: Readonly<Record<FoundCredentials["source"], string>> = {
  option: "the option `credentials`",
  provider: "the provider in the option `credentials`",
  role: "the role in the option `roleArn`",
  environment: "the environment variables",
  "default chain": "the SDK's default chain",
};

/** The login that ended with `error`; undefined when it got nowhere near one. */
export function failedLogin(error: unknown): Login | undefined {
  return typeof error === "object" && error !== null ? failedLogins.get(error) : undefined;
}
