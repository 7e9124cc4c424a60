import type { Clock } from "./clock.js";
import {
  type AwsCredentials,
  type CredentialSource,
  type Environment,
  providerSource,
} from "./credentials.js";
import { invalidOption, RdsProxyError } from "./errors.js";
import { singleFlight } from "./single-flight.js";
import { checkText, describeValue } from "./validation.js";

/** A role to assume before a login, as cross-account access needs it. */
export interface Role {
  readonly roleArn: string;
  readonly externalId: string | undefined;
  /** Names the caller in the CloudTrail of the role's account. */
  readonly sessionName: string;
  /** Whose STS is asked: the function's own, since an interface endpoint in its VPC is there. */
  readonly region: string;
}

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/**
 * The role of the options; undefined without one.
 *
 * @param region the endpoint's, for where the environment names none
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function resolveRole(
  {
    roleArn,
    externalId,
  }: { readonly roleArn?: string | undefined; readonly externalId?: string | undefined },
  region: string,
  env: Environment,
): Role | undefined {
  if (externalId !== undefined) checkText("externalId", externalId);
  if (roleArn === undefined) {
    if (externalId === undefined) return undefined;
    throw invalidOption("roleArn", "the role that `externalId` is for", "none", "Set `roleArn`, too.");
  }
  if (typeof roleArn !== "string" || !ROLE_ARN.test(roleArn)) {
    throw invalidOption(
      "roleArn",
      "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/orders-database",
      describeValue(roleArn),
      "Copy it from the role's page in the IAM console; it is not the ARN of a session (assumed-role).",
    );
  }
  return {
    roleArn,
    externalId,
    sessionName: sessionName(env["AWS_LAMBDA_FUNCTION_NAME"]),
    region: env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || region,
  };
}

/** STS takes 2 to 64 characters of these. */
function sessionName(functionName: string | undefined): string {
  return `rds-proxy-${functionName ?? "client"}`.replaceAll(/[^\w+=,.@-]/g, "-").slice(0, 64);
}

/**
 * The role's own credentials: assumed when they are first needed, once for all logins at the same time, and again when
 * they end soon or were refused.
 *
 * @param callers who assumes the role
 */
export function createRoleSource(role: Role, callers: CredentialSource, clock: Clock): CredentialSource {
  let held: AwsCredentials | undefined;
  const assume = singleFlight(clock, async () => {
    const { assumeRole } = await import("./assume-role.js");
    held = await assumeRole(role, async () => (await callers(clock.now())).credentials);
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
