import type { Login } from "./login.js";

/** Which login an error ended: kept beside the error and not on it, so that nothing prints it by accident. */
const failedLogins = new WeakMap<object, Login>();

export function noteFailedLogin(error: unknown, login: Login): void {
  if (typeof error === "object" && error !== null) failedLogins.set(error, login);
}

/** The login that ended with `error`; undefined when it got nowhere near one. */
export function failedLogin(error: unknown): Login | undefined {
  return typeof error === "object" && error !== null ? failedLogins.get(error) : undefined;
}
