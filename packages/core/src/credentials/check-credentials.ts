import { isDate } from "node:util/types";
import { invalidOption, type RdsProxyError } from "../errors.js";
import { describeType } from "../validation.js";
import type { AwsCredentials } from "./aws-credentials.js";

/** Creates the error for a wrong property; an empty `property` stands for the whole value. */
export type Refusal = (property: string, expected: string, received: string) => RdsProxyError;

export const refuseOption: Refusal = (property, expected, received) =>
  invalidOption(
    property ? `credentials.${property}` : "credentials",
    expected,
    received,
    "Pass credentials or a provider of the AWS SDK, or leave the option out to use the environment.",
  );

/** With a time zone: a time without one would be local time. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/;

/** Checks credentials and returns a copy. Error messages name types, never values. */
export function checkCredentials(given: unknown, refuse: Refusal): AwsCredentials {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw refuse("", "credentials", describeType(given));
  }
  const {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiration,
  }: Partial<Record<keyof AwsCredentials, unknown>> = given;
  if (sessionToken !== undefined && typeof sessionToken !== "string") {
    throw refuse("sessionToken", "a string or undefined", describeType(sessionToken));
  }
  return {
    accessKeyId: checkKey("accessKeyId", accessKeyId, refuse),
    secretAccessKey: checkKey("secretAccessKey", secretAccessKey, refuse),
    sessionToken: sessionToken || undefined,
    expiration: checkExpiration(expiration, refuse),
  };
}

function checkKey(property: string, value: unknown, refuse: Refusal): string {
  if (typeof value === "string" && value !== "") return value;
  throw refuse(property, "a non-empty string", value === "" ? "an empty one" : describeType(value));
}

function checkExpiration(value: unknown, refuse: Refusal): Date | undefined {
  if (value === undefined) return undefined;
  const isTime = isDate(value) || (typeof value === "string" && ISO_TIME.test(value));
  const expiration = isTime ? new Date(value) : undefined;
  if (expiration && !Number.isNaN(expiration.getTime())) return expiration;
  throw refuse(
    "expiration",
    "a valid Date, a time in ISO 8601 with its zone, or undefined",
    isDate(value) ? "an invalid Date" : describeType(value),
  );
}
