import { type Deadline, findRdsProxyError, type ResolvedRdsProxyOptions } from "@rds-proxy/core";
import { classifyConnectFailure } from "@rds-proxy/core/diagnosis";
import { loginCauses } from "../causes/login-causes.js";
import { refusedPasswordCauses } from "../causes/secret-causes.js";
import { codeOf, type Finding, failed } from "../finding.js";
import type { Cause } from "../report.js";
import type { Session } from "../session.js";
import type { Identity } from "./credentials.js";
import { MissingDriver, openSession } from "./open-session.js";

/** Logs in once, as the library does; what it would try again is said instead of tried. */
export async function logIn(
  options: ResolvedRdsProxyOptions,
  identity: Identity,
  deadline: Deadline,
): Promise<Finding<Session>> {
  const { endpoint } = options;
  try {
    const session = await openSession(options, deadline);
    return { outcome: "ok", facts: [{ name: "user", value: endpoint.user }], learned: session };
  } catch (error) {
    if (error instanceof MissingDriver) return failed(error.message, driverCauses(error));
    const own = findRdsProxyError(error);
    if (own) return failed(own.message, [ownRefusal]);
    const failure = classifyConnectFailure(error, endpoint.engine, options.secret ? "secret" : "token");
    const code = codeOf(error) || String(Reflect.get(Object(error), "errno") ?? "");
    return failed(
      `The login failed: ${failure.message.replace(/\.$/, "")}${code ? ` (${code})` : ""}.`,
      options.secret && failure.kind === "auth"
        ? refusedPasswordCauses(failure, options.secret.secretId)
        : loginCauses(failure, endpoint, identity, options.runtime.clock.now()),
      [
        { name: "kind", value: failure.kind },
        { name: "library tries again", value: failure.isLimited ? "once" : RETRIES[failure.kind] },
      ],
    );
  }
}

/** The library itself ended the login: its message has the remedy. */
const ownRefusal: Cause = {
  cause: "What answers is no database of this engine, or the driver is too old.",
  remedy: "Compare the endpoint with the RDS console, and update the driver.",
};

const RETRIES: Readonly<Record<ReturnType<typeof classifyConnectFailure>["kind"], string>> = {
  exhausted: "while time is left",
  throttled: "while time is left, with longer waits",
  "borrow-timeout": "while time is left",
  dropped: "while time is left",
  starting: "while time is left",
  auth: "once, with a new token",
  "read-only": "no",
  permanent: "no",
};

function driverCauses({ driver }: MissingDriver): readonly Cause[] {
  return [
    {
      cause: `Nothing has installed ${driver}, which the doctor logs in with, as the library does.`,
      remedy: "Install it, or bring it along:",
      example: `npx -p @rds-proxy/doctor -p ${driver} rds-proxy-doctor`,
    },
  ];
}
