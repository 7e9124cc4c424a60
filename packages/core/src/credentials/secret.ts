import { invalidOption } from "../errors.js";
import { Lazy } from "../loading/lazy.js";
import type { Deadline } from "../time/deadline.js";
import { checkKnownNames, checkObject, checkText } from "../validation.js";

/** Logging in with a password that Secrets Manager keeps, for a proxy that does not ask for IAM tokens. */
export interface SecretOptions {
  /** ARN or name of the secret, in RDS's format: JSON with `username` and `password`. */
  secretId: string;
}

/** What a secret held when it was read. */
export interface SecretValue {
  readonly user: string;
  readonly password: string;
  /** Secrets Manager's id of this version. */
  readonly versionId: string | undefined;
}

/** Reads one secret when a login needs it, and again after the server refused its password. */
export interface SecretReader {
  /** The value of the last successful read. */
  readonly held: SecretValue | undefined;
  /**
   * The secret as it was within the last minute. An earlier value is used while Secrets Manager does not answer.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also when it takes longer than the deadline
   */
  read(deadline: Deadline): Promise<SecretValue>;
  /** Reads the secret again after the server refused `value`. */
  hasChangedSince(value: SecretValue, deadline: Deadline): Promise<boolean>;
  /** Everything known about the login but the password, in one sentence without its end, once it was read. */
  describe(): string | undefined;
}

const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]+$/;
const SECRET_NAME = /^[\w/+=.@!-]{1,512}$/;

/** @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` */
export function checkSecret(secret: SecretOptions): SecretOptions {
  checkObject("secret", secret);
  checkKnownNames("secret.", secret, ["secretId"]);
  const secretId = checkText("secret.secretId", secret.secretId);
  if (!SECRET_ARN.test(secretId) && !SECRET_NAME.test(secretId)) {
    throw invalidOption(
      "secret.secretId",
      "the ARN or the name of a secret in Secrets Manager",
      // Not its beginning: somebody may have taken the secret's value for its name.
      `${secretId.length} characters that are neither`,
      "Copy the ARN from the Secrets Manager console.",
    );
  }
  return { secretId };
}

/** The user and password of one secret. How they are read is loaded with the first login. */
export class Secret {
  readonly secretId: string;
  readonly #givenUser: string | undefined;
  readonly #reader: Lazy<SecretReader>;

  /**
   * @param givenUser the user of the options or the environment, who must be the secret's
   * @param loadReader gives the one who reads this secret for this user
   */
  constructor(secretId: string, givenUser: string | undefined, loadReader: () => Promise<SecretReader>) {
    this.secretId = secretId;
    this.#givenUser = givenUser;
    this.#reader = new Lazy(loadReader);
  }

  /** Who logs in; empty until the secret has been read, where only it tells. */
  get user(): string {
    return this.#givenUser ?? this.#reader.value?.held?.user ?? "";
  }

  /** What was read last. Called when the server asks, after `read`. */
  get password(): string | undefined {
    return this.#reader.value?.held?.password;
  }

  /**
   * The secret as it was in the last minute. What was read before serves while Secrets Manager does not answer.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also when it takes longer than the deadline
   */
  async read(deadline: Deadline): Promise<SecretValue> {
    return (await this.#reader.get()).read(deadline);
  }

  /** Reads the secret again after the server refused `value`. */
  async hasChangedSince(value: SecretValue, deadline: Deadline): Promise<boolean> {
    return (await this.#reader.get()).hasChangedSince(value, deadline);
  }

  /** Everything known about the login but the password, in one sentence without its end. */
  describe(): string {
    return this.#reader.value?.describe() ?? `Secret ${this.secretId}, not read yet`;
  }
}
