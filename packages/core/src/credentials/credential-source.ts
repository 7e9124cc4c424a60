import { Lazy } from "../loading/lazy.js";
import { loadOnDemand } from "../loading/load-on-demand.js";
import { type Environment, systemRuntime } from "../runtime.js";
import type { Restores } from "../time/restores.js";
import type {
  AwsCredentialProvider,
  AwsCredentials,
  CredentialSource,
  GivenAwsCredentials,
} from "./aws-credentials.js";
import { checkCredentials, refuseOption } from "./check-credentials.js";

/**
 * Finds credentials in the option; then in Lambda's environment variables, which need no SDK; then through the SDK's default
 * provider chain (profiles, SSO, web identity, container and instance metadata), which takes tens of milliseconds to load.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` for an option without credentials
 */
export function createCredentialSource(
  option: GivenAwsCredentials | AwsCredentialProvider | undefined,
  env: Environment,
  restores: Restores = systemRuntime.restores,
): CredentialSource {
  if (typeof option === "function") {
    return lazySource(async () => (await loadOnDemand()).optionSource(option, restores));
  }
  if (option !== undefined) {
    const credentials = checkCredentials(option, refuseOption);
    return async () => ({ credentials, source: "option" });
  }
  const fromChain = lazySource(async () => (await loadOnDemand()).chainSource(env, restores));
  const find: CredentialSource = async (now) => {
    const credentials = fromEnvironment(env);
    return credentials ? { credentials, source: "environment" } : fromChain(now);
  };
  return Object.assign(find, { refused: fromChain.refused });
}

/** A source that is loaded with its first call. */
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
