import { checkCredentials, refuseOption } from "./check-credentials.js";
import { Lazy } from "./lazy.js";

/** AWS credentials, in the shape of the AWS SDK for JavaScript v3. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present with temporary credentials, such as a Lambda function's role. */
  readonly sessionToken?: string | undefined;
  /** When temporary credentials stop being accepted, where their source says so. */
  readonly expiration?: Date | undefined;
}

/** The same as it may be passed: an expiration in ISO 8601, as STS writes it in JSON, is taken too. */
export type GivenAwsCredentials = Omit<AwsCredentials, "expiration"> & {
  readonly expiration?: Date | string | undefined;
};

/** A credential provider of the AWS SDK, or any function like one. Called for each login. */
export type AwsCredentialProvider = (options?: { forceRefresh?: boolean }) => Promise<GivenAwsCredentials>;

/** Credentials and where they came from, for diagnosis. */
export interface FoundCredentials {
  readonly credentials: AwsCredentials;
  readonly source: "option" | "provider" | "role" | "environment" | "default chain";
}

/** Finds the credentials for one login. Asked each time, since they change under a long-lived process. */
export interface CredentialSource {
  /** @param now milliseconds since the epoch, since credentials end by the wall clock */
  (now: number): Promise<FoundCredentials>;
  /**
   * To be told when the server refused what they signed: what is found next was refreshed, once a minute at most.
   *
   * @param atMs by the clock's `steadyMs()`
   */
  readonly refused?: (atMs: number) => void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where credentials come from: the option if given; else Lambda's environment variables, which need no SDK;
 * else the SDK's default provider chain (profiles, SSO, web identity, container and instance metadata), loaded
 * only then because it costs tens of milliseconds.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for an option that holds no credentials
 */
export function createCredentialSource(
  option: GivenAwsCredentials | AwsCredentialProvider | undefined,
  env: Environment,
): CredentialSource {
  if (typeof option === "function") {
    return lazySource(async () => (await import("./on-demand.js")).optionSource(option));
  }
  if (option !== undefined) {
    const credentials = checkCredentials(option, refuseOption);
    return async () => ({ credentials, source: "option" });
  }
  const fromChain = lazySource(async () => (await import("./on-demand.js")).chainSource(env));
  const find: CredentialSource = async (now) => {
    const credentials = fromEnvironment(env);
    return credentials ? { credentials, source: "environment" } : fromChain(now);
  };
  return Object.assign(find, { refused: fromChain.refused });
}

/** A source that is loaded when it is first asked. */
export function lazySource(load: () => Promise<CredentialSource>): CredentialSource {
  const source = new Lazy(load);
  let refusedAt: number | undefined;
  const find: CredentialSource = async (now) => {
    const loaded = await source.get();
    if (refusedAt !== undefined) loaded.refused?.(refusedAt);
    refusedAt = undefined;
    return loaded(now);
  };
  const refused = (atMs: number): void => {
    refusedAt = atMs;
  };
  return Object.assign(find, { refused });
}

function fromEnvironment(env: Environment): AwsCredentials | undefined {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: env["AWS_SESSION_TOKEN"] || undefined };
}
