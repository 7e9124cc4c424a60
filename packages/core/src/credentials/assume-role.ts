import { RdsProxyError } from "../errors.js";
import type { AwsCredentials } from "./aws-credentials.js";
import { AWS_REQUEST_LIMITS, awsFailure, awsIdentity } from "./aws-failure.js";
import type { Role } from "./role.js";

/** A role, and how it is asked for. */
export interface RoleRequest extends Role {
  /** Names the caller in the CloudTrail of the role's account. */
  readonly sessionName: string;
  /** Whose STS is asked: the function's own, since an interface endpoint in its VPC is there. */
  readonly region: string;
}

/**
 * Assumes a role by STS, for an hour: the most that a role which assumes another one may have.
 *
 * @param callers who assumes it, asked each time
 * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS` with what the role or its caller lacks
 */
export async function assumeRole(
  role: RoleRequest,
  callers: () => Promise<AwsCredentials>,
): Promise<AwsCredentials> {
  const { roleArn, externalId, sessionName, region } = role;
  const { fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  // Made anew each time, with a connection of its own: one that is kept may be dead after a freeze.
  const assume = fromTemporaryCredentials({
    params: {
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    },
    masterCredentials: async () => awsIdentity(await callers()),
    clientConfig: { region, requestHandler: AWS_REQUEST_LIMITS },
  });
  try {
    return await assume();
  } catch (cause) {
    if (cause instanceof RdsProxyError) throw cause;
    throw roleRefused(role, cause);
  }
}

function roleRefused({ roleArn, externalId }: Role, cause: unknown): RdsProxyError {
  const { name, message, isTransient, transientRemedy } = awsFailure(cause, "STS");
  const remedy =
    name === "AccessDenied"
      ? "Check that its trust policy lets the function's role assume it (sts:AssumeRole" +
        `${externalId === undefined ? "; where it asks for an external id, set `externalId`" : ", with this external id"}), ` +
        "and that a policy of the function's role allows sts:AssumeRole on it."
      : isTransient
        ? transientRemedy
        : "Check `roleArn` and the credentials that assume it.";
  return new RdsProxyError(
    "RDS_PROXY_NO_CREDENTIALS",
    `No AWS credentials to sign the auth token with: the role ${roleArn} could not be assumed (${name}: ${message}). ${remedy}`,
    { cause, isTransient },
  );
}
