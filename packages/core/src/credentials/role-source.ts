import { RdsProxyError } from "../errors.js";
import type { Runtime } from "../runtime.js";
import { singleFlight } from "../time/single-flight.js";
import { assumeRole, type RoleRequest } from "./assume-role.js";
import type { AwsCredentials, CredentialSource } from "./aws-credentials.js";
import { providerSource } from "./provider-source.js";
import type { Role } from "./role.js";

/**
 * The credentials of an assumed role. Concurrent logins share one call of STS. The role is assumed again when the credentials
 * expire soon or the server refused a token.
 *
 * @param endpointRegion the region of STS if the environment has none
 * @param callers the credentials that assume the role
 */
export function createRoleSource(
  role: Role,
  endpointRegion: string,
  callers: CredentialSource,
  { clock, env, restores }: Runtime,
): CredentialSource {
  const request: RoleRequest = {
    ...role,
    sessionName: sessionName(env["AWS_LAMBDA_FUNCTION_NAME"]),
    region: env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || endpointRegion,
  };
  let held: AwsCredentials | undefined;
  const assume = singleFlight(clock, async () => {
    held = await assumeRole(request, async () => (await callers(clock.now())).credentials);
    return held;
  });
  const provider = async ({ forceRefresh = false } = {}): Promise<AwsCredentials> =>
    forceRefresh || !held ? assume() : held;
  return providerSource("role", restores, async () => provider, {
    name: "STS",
    failed: (cause) =>
      new RdsProxyError("RDS_PROXY_NO_CREDENTIALS", `The role ${role.roleArn} could not be assumed.`, {
        cause,
      }),
  });
}

/** STS accepts 2 to 64 of these characters. */
function sessionName(functionName: string | undefined): string {
  return `rds-proxy-${functionName ?? "client"}`.replaceAll(/[^\w+=,.@-]/g, "-").slice(0, 64);
}
