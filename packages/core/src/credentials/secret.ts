import { invalidOption } from "../errors.js";
import { Lazy } from "../loading/lazy.js";
import type { Deadline } from "../time/deadline.js";
import { checkKnownNames, checkObject, checkText } from "../validation.js";

/** A password in Secrets Manager, for a proxy without IAM authentication. */
export interface SecretOptions {
  /** ARN or name of the secret, in RDS's format: JSON with `username` and `password`. */
  secretId: string;
}

/** The value of a secret when it was read. */
export interface SecretValue {
  readonly user: string;
  readonly password: string;
  /** The id of this version in Secrets Manager. */
  readonly versionId: string | undefined;
}

/** Reads one secret, and reads it again after the server refused its password. */
export interface SecretReader {
  /** The value of the last successful read. */
  readonly held: SecretValue | undefined;
  /**
   * The value of the secret, read within the last minute. An older value is used while Secrets Manager does not answer.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also at the deadline
   */
  read(deadline: Deadline): Promise<SecretValue>;
  /** Reads the secret again after the server refused `value`. */
  hasChangedSince(value: SecretValue, deadline: Deadline): Promise<boolean>;
  /** The login without its password, for messages; undefined until the secret has been read. */
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
      // Its text is not shown: it may be the secret's value, passed by mistake.
      `${secretId.length} characters that are neither`,
      "Copy the ARN from the Secrets Manager console.",
    );
  }
  return { secretId };
}

/** The user and password of one secret. The code that reads them is loaded with the first login. */
export class Secret {
  readonly secretId: string;
  readonly #givenUser: string | undefined;
  readonly #reader: Lazy<SecretReader>;

  /**
   * @param givenUser the user in the options or the environment, which must be the secret's
   * @param loadReader loads the reader of this secret
   */
  constructor(secretId: string, givenUser: string | undefined, loadReader: () => Promise<SecretReader>) {
    this.secretId = secretId;
    this.#givenUser = givenUser;
    this.#reader = new Lazy(loadReader);
  }

  /** The user that logs in; empty if it comes from the secret, and that has not been read yet. */
  get user(): string {
    return this.#givenUser ?? this.#reader.value?.held?.user ?? "";
  }

  /** The password that was read last; undefined before `read`. */
  get password(): string | undefined {
    return this.#reader.value?.held?.password;
  }

  /**
   * The value of the secret, read within the last minute. An older value is used while Secrets Manager does not answer.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also at the deadline
   */
  async read(deadline: Deadline): Promise<SecretValue> {
    return (await this.#reader.get()).read(deadline);
  }

  /** Reads the secret again after the server refused `value`. */
  async hasChangedSince(value: SecretValue, deadline: Deadline): Promise<boolean> {
    return (await this.#reader.get()).hasChangedSince(value, deadline);
  }

  /** The login without its password, for messages. */
  describe(): string {
    return this.#reader.value?.describe() ?? `Secret ${this.secretId}, not read yet`;
  }
}
