import type { Environment } from "@rds-proxy/core";
import type { Cause } from "../report.js";

/** Why no credentials could be had. */
export function missingCredentialsCauses(env: Environment): readonly Cause[] {
  if (env["AWS_LAMBDA_FUNCTION_NAME"]) {
    return [
      {
        cause:
          "The function's code removes AWS_ACCESS_KEY_ID and its companions, which Lambda sets, from its environment.",
        remedy: "Leave them as they are.",
      },
      {
        cause: "The provider in the option `credentials` needs a service that the VPC has no way to.",
        remedy: "Leave the option out; or give the VPC an interface endpoint for it, such as that of STS.",
      },
    ];
  }
  return [
    {
      cause: "Nobody is logged in on this machine, or for another profile.",
      remedy: "Log in, and name the profile.",
      example: "aws sso login --profile NAME && AWS_PROFILE=NAME npx rds-proxy-doctor",
    },
    {
      cause: "The provider or profile failed; the message says how.",
      remedy: "Try it by itself: aws sts get-caller-identity",
    },
  ];
}

/** Why credentials are no longer accepted. */
export function expiredCauses(): readonly Cause[] {
  return [
    {
      cause: "The credentials were copied some hours ago, or the SSO session has ended.",
      remedy: "Get new ones: aws sso login, or assume the role again.",
    },
    {
      cause: "The option `credentials` holds fixed credentials, which nobody refreshes.",
      remedy: "Pass a provider instead, or leave the option out.",
    },
  ];
}
