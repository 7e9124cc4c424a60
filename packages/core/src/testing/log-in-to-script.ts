import { type Connected, connectWithRetry } from "../connect/connect.js";
import { Login } from "../connect/login.js";
import { RdsProxyError } from "../errors.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { deadlineIn } from "../time/deadline.js";

/**
 * Logs in to a server that answers each login with the next error, and accepts those after the last.
 *
 * @returns the connection or the final error, and the passwords that were sent
 */
export async function logInToScript(
  resolved: ResolvedRdsProxyOptions,
  errors: readonly unknown[] = [],
): Promise<{ outcome: Connected<string> | RdsProxyError; passwords: string[] }> {
  const passwords: string[] = [];
  const outcome = await connectWithRetry(resolved, deadlineIn(10_000, resolved.runtime.clock), async () => {
    const login = new Login(resolved);
    passwords.push(await login.password());
    const error = errors[passwords.length - 1];
    if (error === undefined) return "connection";
    login.failedWith(error);
    throw error;
  }).catch((error: unknown) => {
    if (error instanceof RdsProxyError) return error;
    throw error;
  });
  return { outcome, passwords };
}
