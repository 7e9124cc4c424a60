import { RdsProxyError } from "../errors.js";
import type { Runtime } from "../runtime.js";
import { singleFlight } from "../time/single-flight.js";
import { assumeRole, type RoleRequest } from "./assume-role.js";
import type { AwsCredentials, CredentialSource } from "./aws-credentials.js";
import { providerSource } from "./provider-source.js";
import type { Role } from "./role.js";

/**
 * The role's own credentials: assumed when they are first needed, once for all logins at the same time, and again when
 * they end soon or were refused.
 *
 * @param endpointRegion whose STS is asked where the environment names no region
 * @param callers who assumes the role
 */
export function createRoleSource(
  role: Role,
  endpointRegion: string,
  callers: CredentialSource,
  { clock, env }: Runtime,
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
  return providerSource("role", async () => provider, {
    name: "STS",
    failed: (cause) =>
      new RdsProxyError("RDS_PROXY_NO_CREDENTIALS", `The role ${role.roleArn} could not be assumed.`, {
        cause,
      }),
  });
}

/** STS takes 2 to 64 characters of these. */
function sessionName(functionName: string | undefined): string {
  return `rds-proxy-${functionName ?? "client"}`.replaceAll(/[^\w+=,.@-]/g, "-").slice(0, 64);
}
