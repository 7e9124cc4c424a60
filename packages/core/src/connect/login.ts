import type { Duplex } from "node:stream";
import { signAuthToken } from "../credentials/auth-token.js";
import type { SecretValue } from "../credentials/secret.js";
import type { TokenFacts } from "../credentials/signer.js";
import { emitEvent } from "../events.js";
import { builtinModule } from "../loading/builtin-module.js";
import { loadOnDemand, loadOnDemandAfter } from "../loading/load-on-demand.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { prepareReading } from "../session-state/session-watch.js";
import { type Deadline, deadlineIn, within } from "../time/deadline.js";
import { clearInterval, setInterval } from "../time/timers.js";
import { AbortedLogin } from "./aborted-login.js";
import { type LoginRecord, noteFailedLogin, type SignedToken } from "./login-record.js";

/** The part of an attempt's time that credentials may take, so a slow provider isn't reported as a slow server. */
const CREDENTIALS_SHARE = 0.8;

/** A login takes some kilobytes, most of them certificates. */
const LONGEST_LOGIN_BYTES = 2 ** 20;

/** Often enough that a fast server cannot fill the memory in between. */
const CHECK_LENGTH_EVERY_MS = 10;

/** The login of one connection: signs its token, and keeps everything but the token for error messages. */
export class Login implements LoginRecord {
  readonly #options: ResolvedRdsProxyOptions;
  #signed: SignedToken | TokenFacts | undefined;
  #askedForCredentialsAt: number | undefined;
  #secretValue: SecretValue | undefined;
  #stream: () => Duplex | undefined = () => undefined;

  constructor(options: ResolvedRdsProxyOptions) {
    this.#options = options;
  }

  /** What is known of the signed token; undefined until the server has asked for it. */
  get signed(): SignedToken | TokenFacts | undefined {
    return this.#signed;
  }

  /** The user and password of the secret, once `prepare` has read it. */
  get secretValue(): SecretValue | undefined {
    return this.#secretValue;
  }

  get stream(): Duplex | undefined {
    return this.#stream();
  }

  /** @param stream returns the current socket, which changes when TLS begins */
  follow(stream: () => Duplex | undefined): void {
    this.#stream = stream;
  }

  /**
   * Reads the secret, if there is one, since its user may be needed for the login. The driver calls it before it connects.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also if reading takes more than 80 % of `connectTimeoutMs`
   */
  async prepare(): Promise<SecretValue | undefined> {
    const { secret } = this.#options;
    if (secret) this.#secretValue ??= await this.#waitForCredentials((deadline) => secret.read(deadline));
    return this.#secretValue;
  }

  /**
   * Signs a token, or returns the password of the secret or the token of the signer. The driver calls it when the server asks for the password.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also if they take more than 80 % of `connectTimeoutMs`
   */
  async password(): Promise<string> {
    const { endpoint, secret, signer } = this.#options;
    await prepareReading(this.#options);
    const secretValue = secret && (await this.prepare());
    if (secretValue) return secretValue.password;
    const { token, known } = await (signer ? this.#inTime(signer) : this.#sign());
    this.#signed = known;
    const { accessKeyId, source, expiresAt } = known;
    emitEvent("sign", endpoint, () => ({ accessKeyId, credentialSource: source, expiresAt }));
    return token;
  }

  async #sign(): Promise<{ token: string; known: SignedToken }> {
    const { endpoint, runtime, credentials: find } = this.#options;
    const { clock } = runtime;
    const { credentials, source, token } = await this.#inTime(async () => {
      const found = await find(clock.now());
      const token =
        found.source === "environment"
          ? signAuthToken(endpoint, found.credentials, clock.now())
          : await (await loadOnDemand()).signBySdk(endpoint, found.credentials, clock);
      return { ...found, token };
    });
    const { accessKeyId, sessionToken, expiration } = credentials;
    const { signedAt, expiresAt } = token;
    const isTemporary = sessionToken !== undefined;
    return {
      token: token.reveal(),
      known: { signedAt, expiresAt, accessKeyId, isTemporary, expiration, source },
    };
  }

  /**
   * Settles as `work` does, unless the deadline passes first or the server sends more bytes than any login takes. The socket is
   * then destroyed.
   *
   * @param work the driver's login
   * @param stream the current socket, which changes when TLS begins
   */
  async within<T>(work: Promise<T>, deadline: Deadline, stream: () => Duplex | undefined): Promise<T> {
    this.follow(stream);
    const { promise: excess, reject } = Promise.withResolvers<never>();
    // Before the error message is loaded: until then the login must neither continue nor succeed.
    const abort = (aborted: AbortedLogin): AbortedLogin => {
      stream()?.destroy();
      return aborted;
    };
    const watch = setInterval(() => {
      const socket = stream();
      if (socket instanceof builtinModule("node:net").Socket && socket.bytesRead > LONGEST_LOGIN_BYTES)
        reject(abort(new AbortedLogin("too many bytes")));
    }, CHECK_LENGTH_EVERY_MS);
    try {
      return await within(Promise.race([work, excess]), deadline, () => abort(this.#timeout()));
    } catch (error) {
      const explained = await this.#explained(error);
      this.failedWith(explained);
      throw explained;
    } finally {
      clearInterval(watch);
    }
  }

  /** Remembers which login the driver's error belongs to, for `failedLogin`. */
  failedWith(error: unknown): void {
    noteFailedLogin(error, this);
  }

  /** The error of a login that did not end before a deadline of the caller. */
  timedOut(): AbortedLogin {
    const aborted = this.#timeout();
    this.failedWith(aborted);
    return aborted;
  }

  /** The reason of a timeout: the credentials if the login was waiting for them, the server otherwise. */
  #timeout(): AbortedLogin {
    if (this.#askedForCredentialsAt === undefined) return new AbortedLogin("no answer");
    return new AbortedLogin(
      "no credentials",
      this.#options.runtime.clock.steadyMs() - this.#askedForCredentialsAt,
    );
  }

  /** The error itself, or for an aborted login the error with its message. */
  async #explained(error: unknown): Promise<unknown> {
    if (!(error instanceof AbortedLogin)) return error;
    const { explainAbortedLogin } = await loadOnDemandAfter(error);
    return explainAbortedLogin(error, this, this.#options);
  }

  #inTime<T>(ask: () => Promise<T>): Promise<T> {
    return this.#waitForCredentials((deadline) => within(ask(), deadline, () => this.#timeout()));
  }

  async #waitForCredentials<T>(ask: (deadline: Deadline) => Promise<T>): Promise<T> {
    const { connectTimeoutMs, runtime } = this.#options;
    this.#askedForCredentialsAt = runtime.clock.steadyMs();
    try {
      return await ask(deadlineIn(connectTimeoutMs * CREDENTIALS_SHARE, runtime.clock));
    } catch (error) {
      throw await this.#explained(error);
    } finally {
      this.#askedForCredentialsAt = undefined;
    }
  }
}
