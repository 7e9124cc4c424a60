import { invalidOption, RdsProxyError } from "../errors.js";
import type { Runtime } from "../runtime.js";
import type { Clock } from "../time/clock.js";
import { atMost, type Deadline, within } from "../time/deadline.js";
import type { Restores } from "../time/restores.js";
import { singleFlight } from "../time/single-flight.js";
import { describeValue } from "../validation.js";
import type { CredentialSource } from "./aws-credentials.js";
import { readSecret } from "./fetch-secret.js";
import type { SecretReader, SecretValue } from "./secret.js";
import { secretUnanswered } from "./secret-unanswered.js";

/** A secret is read at most once in this time, however many logins there are. */
const FRESH_MS = 60_000;

/** Timeout of reading the secret again while an older value can be used. */
const REFRESH_TIMEOUT_MS = 1000;

/** How long the older value is used without another read after Secrets Manager did not answer. */
const UNANSWERED_MS = 10_000;

/** Creates the reader of a secret in Secrets Manager. */
export function createSecretReader({
  secretId,
  region,
  credentials,
  givenUser,
  runtime: { clock, restores },
}: {
  readonly secretId: string;
  readonly region: string;
  readonly credentials: CredentialSource;
  readonly givenUser: string | undefined;
  readonly runtime: Runtime;
}): SecretReader {
  const fetch = (): Promise<SecretValue> =>
    readSecret({
      secretId,
      region,
      credentials: async () => (await credentials(clock.now())).credentials,
    });
  return new CachedSecretReader(secretId, givenUser, clock, fetch, restores);
}

/** Keeps the value of a secret for a minute. */
export class CachedSecretReader implements SecretReader {
  readonly #secretId: string;
  readonly #givenUser: string | undefined;
  readonly #clock: Clock;
  readonly #fetch: () => Promise<SecretValue>;
  readonly #restores: Pick<Restores, "restoredAt">;
  #held: { readonly value: SecretValue; readonly readAt: number } | undefined;
  #isFreshUntil = 0;

  /**
   * @param givenUser the user in the options or the environment, which must be the secret's
   * @param fetch reads the secret from Secrets Manager
   */
  constructor(
    secretId: string,
    givenUser: string | undefined,
    clock: Clock,
    fetch: () => Promise<SecretValue>,
    restores: Pick<Restores, "restoredAt">,
  ) {
    this.#secretId = secretId;
    this.#givenUser = givenUser;
    this.#clock = clock;
    this.#restores = restores;
    this.#fetch = singleFlight(clock, async () => {
      const value = await fetch();
      this.#checkUser(value);
      this.#held = { value, readAt: clock.steadyMs() };
      this.#isFreshUntil = clock.steadyMs() + FRESH_MS;
      return value;
    });
  }

  get held(): SecretValue | undefined {
    return this.#held?.value;
  }

  async read(deadline: Deadline): Promise<SecretValue> {
    if (this.#held && this.#held.readAt < this.#restores.restoredAt) this.#held = undefined;
    const held = this.#held;
    if (held && this.#clock.steadyMs() < this.#isFreshUntil) return held.value;
    try {
      return await this.#readAnew(held ? atMost(REFRESH_TIMEOUT_MS, deadline, this.#clock) : deadline);
    } catch (error) {
      if (!held || !(error instanceof RdsProxyError && error.isTransient)) throw error;
      this.#isFreshUntil = this.#clock.steadyMs() + UNANSWERED_MS;
      return held.value;
    }
  }

  async hasChangedSince(value: SecretValue, deadline: Deadline): Promise<boolean> {
    // None is held if another login noticed a restore meanwhile.
    const held = this.held ?? value;
    const now = isSame(held, value) ? await this.#readAnew(deadline) : held;
    return !isSame(now, value);
  }

  describe(): string | undefined {
    if (!this.#held) return undefined;
    const { value, readAt } = this.#held;
    const ageSeconds = ((this.#clock.steadyMs() - readAt) / 1000).toFixed(1);
    return `Password of the secret ${this.#secretId}, version ${value.versionId ?? "unknown"}, read ${ageSeconds} s ago, user ${value.user}`;
  }

  #readAnew(deadline: Deadline): Promise<SecretValue> {
    const startedAt = this.#clock.steadyMs();
    return within(this.#fetch(), deadline, () =>
      secretUnanswered(this.#secretId, this.#clock.steadyMs() - startedAt),
    );
  }

  #checkUser({ user }: SecretValue): void {
    if (this.#givenUser === undefined || this.#givenUser === user) return;
    throw invalidOption(
      "user",
      `${describeValue(user)}, the user in the secret ${this.#secretId}`,
      describeValue(this.#givenUser),
      "Leave `user` and its variable out, and the secret's user logs in; a rotation by alternating users needs that.",
    );
  }
}

function isSame(one: SecretValue, other: SecretValue): boolean {
  return one.user === other.user && one.password === other.password;
}
