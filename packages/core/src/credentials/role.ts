import { invalidOption } from "../errors.js";
import { checkText, expectOption } from "../validation.js";

/** A role to assume before a login, for a proxy in another account. */
export interface Role {
  readonly roleArn: string;
  readonly externalId: string | undefined;
}

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/**
 * The role in the options; undefined if there is none.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 */
export function checkRole({
  roleArn,
  externalId,
}: {
  readonly roleArn?: string | undefined;
  readonly externalId?: string | undefined;
}): Role | undefined {
  if (externalId !== undefined) checkText("externalId", externalId);
  if (roleArn === undefined) {
    if (externalId === undefined) return undefined;
    throw invalidOption("roleArn", "the role that `externalId` is for", "none", "Set `roleArn`, too.");
  }
  expectOption(
    typeof roleArn === "string" && ROLE_ARN.test(roleArn),
    "roleArn",
    "the ARN of an IAM role, such as arn:aws:iam::123456789012:role/orders-database",
    roleArn,
    "Copy it from the role's page in the IAM console; it is not the ARN of a session (assumed-role).",
  );
  return { roleArn, externalId };
}
