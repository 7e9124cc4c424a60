import { RdsProxyError } from "../errors.js";

/** The error of ours inside whatever a driver made of it, when a login callback failed. */
export function findRdsProxyError(error: unknown): RdsProxyError | undefined {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 8; inner = inner.cause, depth++) {
    if (inner instanceof RdsProxyError) return inner;
  }
  return undefined;
}
