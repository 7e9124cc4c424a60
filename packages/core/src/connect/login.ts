import type { Duplex } from "node:stream";
import { signAuthToken } from "../credentials/auth-token.js";
import type { SecretValue } from "../credentials/secret.js";
import { emitEvent } from "../events.js";
import { builtinModule } from "../loading/builtin-module.js";
import { loadAfterFailure } from "../loading/load-after-failure.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { type Deadline, deadlineIn, within } from "../time/deadline.js";
import { clearInterval, setInterval } from "../time/timers.js";
import { LoginOverrun } from "./login-overrun.js";
import { type LoginRecord, noteFailedLogin, type SignedToken } from "./login-record.js";

/** The part of an attempt's time that credentials may take, so that their absence is not laid at the server's door. */
const CREDENTIALS_SHARE = 0.8;

/** A login takes some kilobytes, most of them certificates. */
const LONGEST_LOGIN_BYTES = 2 ** 20;

/** Often enough for a fast server not to fill the memory in between. */
const CHECK_LENGTH_EVERY_MS = 10;

/** One physical connection's login: signs its token, and remembers for diagnosis all but the token. */
export class Login implements LoginRecord {
  readonly #options: ResolvedRdsProxyOptions;
  #signed: SignedToken | undefined;
  #askedForCredentialsAt: number | undefined;
  #secretValue: SecretValue | undefined;

  constructor(options: ResolvedRdsProxyOptions) {
    this.#options = options;
  }

  /** The token that was signed; undefined while the server has not asked for it. */
  get signed(): SignedToken | undefined {
    return this.#signed;
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
      within(find(runtime.clock.now()), deadline, () => this.#timeout()),
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
    emitEvent("sign", endpoint, () => ({ accessKeyId, credentialSource: source, expiresAt }));
    return token.reveal();
  }

  /**
   * Settles as `work` does, unless the attempt's deadline passes first or the server says more than any login takes.
   * The socket is closed then.
   *
   * @param work the driver's login
   * @param stream the socket at present: it is another one when TLS has begun
   */
  async limit<T>(work: Promise<T>, deadline: Deadline, stream: () => Duplex | undefined): Promise<T> {
    const { promise: excess, reject } = Promise.withResolvers<never>();
    // At once: the login must neither go on nor succeed while the words for its error are loaded.
    const end = (overrun: LoginOverrun): LoginOverrun => {
      stream()?.destroy();
      return overrun;
    };
    const watch = setInterval(() => {
      const socket = stream();
      if (socket instanceof builtinModule("node:net").Socket && socket.bytesRead > LONGEST_LOGIN_BYTES)
        reject(end(new LoginOverrun("server talks on")));
    }, CHECK_LENGTH_EVERY_MS);
    try {
      return await within(Promise.race([work, excess]), deadline, () => end(this.#timeout()));
    } catch (error) {
      throw await this.#explained(error);
    } finally {
      clearInterval(watch);
    }
  }

  /** Ties the driver's error to this login, for `failedLogin`. */
  failedWith(error: unknown): void {
    noteFailedLogin(error, this);
  }

  /** What an attempt that runs out of time fails with: whose fault it was depends on who was waited for. */
  #timeout(): LoginOverrun {
    if (this.#askedForCredentialsAt === undefined) return new LoginOverrun("server is silent");
    return new LoginOverrun(
      "no credentials",
      this.#options.runtime.clock.steadyMs() - this.#askedForCredentialsAt,
    );
  }

  /** The same error, in words where it is one of ours. */
  async #explained(error: unknown): Promise<unknown> {
    if (!(error instanceof LoginOverrun)) return error;
    const { explainOverrun } = await loadAfterFailure(error, () => import("../on-demand.js"));
    return explainOverrun(error, this.#options);
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
