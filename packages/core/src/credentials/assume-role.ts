import { RdsProxyError } from "../errors.js";
import { loadNow } from "../loading/load-now.js";
import type { AwsCredentials } from "./aws-credentials.js";
import { AWS_REQUEST_LIMITS, awsFailure, awsIdentity } from "./aws-failure.js";
import type { Role } from "./role.js";

/** A request to assume a role. */
export interface RoleRequest extends Role {
  /** The name of the caller in the CloudTrail of the role's account. */
  readonly sessionName: string;
  /** The region of STS: the function's own, because that is where its VPC may have an interface endpoint. */
  readonly region: string;
}

/**
 * Assumes a role through STS, for one hour: the maximum if the caller is a role itself.
 *
 * @param callers returns the credentials of the caller
 * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS` with what to check
 */
export async function assumeRole(
  role: RoleRequest,
  callers: () => Promise<AwsCredentials>,
): Promise<AwsCredentials> {
  const { roleArn, externalId, sessionName, region } = role;
  const { fromTemporaryCredentials } = await loadNow(() => import("@aws-sdk/credential-providers"));
  // A new client each time, with a new connection: a kept one may be dead after a freeze.
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
