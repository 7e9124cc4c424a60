import { RdsProxyError } from "../errors.js";
import { nestedErrors } from "./nested-errors.js";

/** The `RdsProxyError` inside the error of a driver or ORM, which wraps it when a login callback fails. */
export function findRdsProxyError(error: unknown): RdsProxyError | undefined {
  return nestedErrors(error).find((nested) => nested instanceof RdsProxyError);
}
