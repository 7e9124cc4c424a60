import type { Clock } from "./clock.js";
import { atMost, type Deadline, within } from "./deadline.js";
import { invalidOption, RdsProxyError } from "./errors.js";
import { singleFlight } from "./single-flight.js";
import { checkKnownNames, checkObject, checkText, describeValue } from "./validation.js";

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

/** Within this time a secret is read once, however many logins there are. */
const FRESH_MS = 60_000;

/** For so long a new answer is waited for where what is held may do. */
const PATIENCE_MS = 1000;

/** For so long what is held serves without another question when Secrets Manager did not answer the last one. */
const UNANSWERED_MS = 10_000;

const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]+$/;
const SECRET_NAME = /^[\w/+=.@!-]{1,512}$/;

/** @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` */
export function checkAuth(auth: SecretOptions): SecretOptions {
  checkObject("auth", auth);
  checkKnownNames("auth.", auth, ["secretId"]);
  const secretId = checkText("auth.secretId", auth.secretId);
  if (!SECRET_ARN.test(secretId) && !SECRET_NAME.test(secretId)) {
    throw invalidOption(
      "auth.secretId",
      "the ARN or the name of a secret in Secrets Manager",
      // Not its beginning: somebody may have taken the secret's value for its name.
      `${secretId.length} characters that are neither`,
      "Copy the ARN from the secret's page in the console.",
    );
  }
  return { secretId };
}

/** The user and password of one secret: read when a login needs them, and again when they were refused. */
export class Secret {
  readonly secretId: string;
  readonly #givenUser: string | undefined;
  readonly #clock: Clock;
  readonly #fetch: () => Promise<SecretValue>;
  #held: { readonly value: SecretValue; readonly readAt: number } | undefined;
  #isFreshUntil = 0;

  /**
   * @param givenUser the user of the options or the environment, who must be the secret's
   * @param fetch reads the secret in Secrets Manager
   */
  constructor(
    secretId: string,
    givenUser: string | undefined,
    clock: Clock,
    fetch: () => Promise<SecretValue>,
  ) {
    this.secretId = secretId;
    this.#givenUser = givenUser;
    this.#clock = clock;
    this.#fetch = singleFlight(clock, async () => {
      const value = await fetch();
      this.#checkUser(value);
      this.#held = { value, readAt: clock.now() };
      this.#isFreshUntil = clock.now() + FRESH_MS;
      return value;
    });
  }

  /** Who logs in; empty until the secret has been read, where only it tells. */
  get user(): string {
    return this.#givenUser ?? this.#held?.value.user ?? "";
  }

  /** What was read last. Called when the server asks, after `read`. */
  get password(): string | undefined {
    return this.#held?.value.password;
  }

  /**
   * The secret as it was in the last minute. What was read before serves while Secrets Manager does not answer.
   *
   * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS`, also when it takes longer than the deadline
   */
  async read(deadline: Deadline): Promise<SecretValue> {
    const held = this.#held;
    if (held && this.#clock.now() < this.#isFreshUntil) return held.value;
    try {
      return await this.#readAnew(held ? atMost(PATIENCE_MS, deadline, this.#clock) : deadline);
    } catch (error) {
      if (!held || !(error instanceof RdsProxyError && error.isPassing)) throw error;
      this.#isFreshUntil = this.#clock.now() + UNANSWERED_MS;
      return held.value;
    }
  }

  /** Reads the secret again after the server refused `value`. */
  async hasChangedSince(value: SecretValue, deadline: Deadline): Promise<boolean> {
    const now =
      this.#held && isSame(this.#held.value, value) ? await this.#readAnew(deadline) : this.#held?.value;
    return now !== undefined && !isSame(now, value);
  }

  /** The error for a secret that was waited for in vain. */
  unanswered(waitedMs: number): RdsProxyError {
    return new RdsProxyError(
      "RDS_PROXY_NO_CREDENTIALS",
      `The secret ${this.secretId} could not be read: no answer in ${(waitedMs / 1000).toFixed(1)} s. In a VPC without a ` +
        "way to the internet, Secrets Manager needs an interface endpoint whose security group lets the function in.",
      { isPassing: true },
    );
  }

  /** Everything known about the login but the password, in one sentence without its end. */
  describe(): string {
    if (!this.#held) return `Secret ${this.secretId}, not read yet`;
    const { value, readAt } = this.#held;
    const ageSeconds = ((this.#clock.now() - readAt) / 1000).toFixed(1);
    return `Password of the secret ${this.secretId}, version ${value.versionId ?? "unknown"}, read ${ageSeconds} s ago, user ${value.user}`;
  }

  #readAnew(deadline: Deadline): Promise<SecretValue> {
    const startedAt = this.#clock.now();
    return within(this.#fetch(), deadline, () => this.unanswered(this.#clock.now() - startedAt));
  }

  #checkUser({ user }: SecretValue): void {
    if (this.#givenUser === undefined || this.#givenUser === user) return;
    throw invalidOption(
      "user",
      `${describeValue(user)}, the user in the secret ${this.secretId}`,
      describeValue(this.#givenUser),
      "Leave `user` and its variable out, and the secret's user logs in; a rotation by alternating users needs that.",
    );
  }
}

function isSame(one: SecretValue, other: SecretValue): boolean {
  return one.user === other.user && one.password === other.password;
}
