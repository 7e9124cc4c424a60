import type { Environment } from "@rds-proxy/core/internal";
import type { DiagnosisCause } from "../report.js";

/** Why there are no credentials. */
export function missingCredentialsCauses(env: Environment): readonly DiagnosisCause[] {
  if (env["AWS_LAMBDA_FUNCTION_NAME"]) {
    return [
      {
        cause:
          "The function's code removes the variables that Lambda sets: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.",
        remedy: "Do not change or delete them.",
      },
      {
        cause:
          "The provider in the option `credentials` calls a service that cannot be reached from the VPC.",
        remedy:
          "Remove the option, or add an interface endpoint for the service (STS, for example) to the VPC.",
      },
    ];
  }
  return [
    {
      cause: "This machine has no AWS session, or has one for another profile.",
      remedy: "Log in, and set the profile:",
      example: "aws sso login --profile NAME && AWS_PROFILE=NAME npx rds-proxy-doctor",
    },
    {
      cause: "The provider or the profile failed, with the error above.",
      remedy: "Test it on its own:",
      example: "aws sts get-caller-identity",
    },
  ];
}

/** Why credentials have expired. */
export function expiredCauses(): readonly DiagnosisCause[] {
  return [
    {
      cause: "The credentials were copied some hours ago, or the SSO session has ended.",
      remedy: "Get new ones: aws sso login, or assume the role again.",
    },
    {
      cause: "The option `credentials` is a fixed value, which is never refreshed.",
      remedy: "Pass a provider instead, or remove the option.",
    },
  ];
}
