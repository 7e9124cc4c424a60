import type { ConnectFailure } from "@rds-proxy/core/diagnosis";
import type { DiagnosisCause } from "../report.js";

/** Why a secret cannot be read. */
export function missingSecretCauses(secretId: string): readonly DiagnosisCause[] {
  return [
    {
      cause: "The role is not allowed to read the secret, or to use its key.",
      remedy: "Add this statement to its policies. kms:Decrypt is needed for a customer managed key only.",
      example: JSON.stringify(
        {
          Effect: "Allow",
          Action: ["secretsmanager:GetSecretValue", "kms:Decrypt"],
          Resource: [secretId.startsWith("arn:") ? secretId : "SECRET-ARN", "KEY-ARN"],
        },
        undefined,
        2,
      ),
    },
    {
      cause:
        "Secrets Manager cannot be reached: the VPC has neither an interface endpoint for it nor internet access.",
      remedy: "Create an interface endpoint whose security group allows TCP 443 from the function.",
    },
    {
      cause:
        "There is no such secret in this region, or its value is not JSON with username and password, as RDS writes it.",
      remedy: "Check that it exists:",
      example: `aws secretsmanager describe-secret --secret-id ${secretId}`,
    },
  ];
}

/** Why the server refused the password of a secret. */
export function refusedPasswordCauses(
  { remedy }: ConnectFailure,
  secretId: string,
): readonly DiagnosisCause[] {
  return [
    {
      cause: `The proxy has another secret for this user than ${secretId}, or does not have the rotated password yet.`,
      remedy,
    },
    {
      cause: "The proxy accepts only IAM tokens from this user (IAMAuth REQUIRED).",
      remedy: "Remove `secret`, to log in with a token.",
    },
  ];
}
