import type { ConnectFailure } from "@rds-proxy/core/diagnosis";
import type { Cause } from "../report.js";

/** Why a secret cannot be read. */
export function missingSecretCauses(secretId: string): readonly Cause[] {
  return [
    {
      cause: "The role may not read the secret, or not use its key.",
      remedy: "Allow it both; the second only where the key is one of your own.",
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
        "Secrets Manager cannot be reached: the VPC has no interface endpoint for it, nor a way to the internet.",
      remedy: "Make an interface endpoint whose security group lets the function in on TCP 443.",
    },
    {
      cause:
        "There is no such secret in this region, or what it holds is not RDS's JSON with username and password.",
      remedy: "Compare with:",
      example: `aws secretsmanager describe-secret --secret-id ${secretId}`,
    },
  ];
}

/** Why the password of a secret is refused. */
export function refusedPasswordCauses({ remedy }: ConnectFailure, secretId: string): readonly Cause[] {
  return [
    {
      cause: `The proxy has another secret for this user than ${secretId}, or the rotation has not reached it yet.`,
      remedy,
    },
    {
      cause: "The proxy takes IAM tokens only from this user (IAMAuth REQUIRED).",
      remedy: "Leave `auth` out, and a token logs in.",
    },
  ];
}
