import type { AwsCredentials, Environment } from "@rds-proxy/core/internal";
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
      example: "aws sso login --profile NAME && AWS_PROFILE=NAME npx @rds-proxy/doctor",
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

const PARTS = [
  ["accessKeyId", "access key id (AWS_ACCESS_KEY_ID)"],
  ["secretAccessKey", "secret access key (AWS_SECRET_ACCESS_KEY)"],
  ["sessionToken", "session token (AWS_SESSION_TOKEN)"],
] as const satisfies readonly (readonly [keyof AwsCredentials, string])[];

/** White space in credentials, such as the line break at the end of a file. No part of AWS's credentials contains any. */
export function copiedBadly(credentials: AwsCredentials | undefined): readonly DiagnosisCause[] {
  return PARTS.flatMap(([part, name]) => {
    const value = credentials?.[part];
    if (value === undefined || !/\s/.test(value)) return [];
    const place = /\s$/.test(value) ? "ends with" : "contains";
    return [
      {
        cause: `The ${name} ${place} ${/[\r\n]/.test(value) ? "a line break" : "white space"}, so the signature is wrong.`,
        remedy: "Remove it: trim what is read from a file, or set the variable again.",
      },
    ];
  });
}
