import { RdsProxyError } from "../errors.js";

/** The library's error that a call throws. */
export function errorOf(call: () => unknown): RdsProxyError {
  try {
    call();
  } catch (error) {
    if (error instanceof RdsProxyError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
