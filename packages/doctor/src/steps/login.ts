import { findRdsProxyError } from "@rds-proxy/core";
import type { Deadline, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import { type ConnectFailure, classifyConnectFailure } from "@rds-proxy/core/diagnosis";
import { loginCauses } from "../causes/login-causes.js";
import { refusedPasswordCauses } from "../causes/secret-causes.js";
import type { Connection } from "../connection.js";
import { codeOf } from "../error-text.js";
import { type Finding, failed } from "../finding.js";
import type { Identity } from "../identity.js";
import type { DiagnosisCause } from "../report.js";
import { MissingDriver, openConnection } from "./open-connection.js";

/** Logs in once, as the library does. The finding says which failures the library would retry. */
export async function logIn(
  options: ResolvedRdsProxyOptions,
  identity: Identity,
  deadline: Deadline,
): Promise<Finding<Connection>> {
  const { endpoint } = options;
  try {
    const connection = await openConnection(options, deadline);
    return { outcome: "ok", facts: [{ name: "user", value: endpoint.user }], result: connection };
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
        { name: "library retries", value: describeRetries(failure, !options.secret) },
      ],
    );
  }
}

/** Goes with an error of the library itself, whose message has a remedy already. */
const ownRefusal: DiagnosisCause = {
  cause: "The server is not a database of this engine, or the driver is too old.",
  remedy: "Compare the endpoint with the RDS console, and update the driver.",
};

/** How the library would retry the failure. */
function describeRetries(failure: ConnectFailure, isToken: boolean): string {
  if (failure.retry === "never") return "no";
  if (failure.retry === "always") return "while time is left";
  return isToken && failure.kind === "auth" ? "once, with a new token" : "once";
}

function driverCauses({ driver }: MissingDriver): readonly DiagnosisCause[] {
  return [
    {
      cause: `The doctor logs in with ${driver}, as the library does, and cannot import it.`,
      remedy: "Install it, or add it to the command:",
      example: `npx -p @rds-proxy/doctor -p ${driver} rds-proxy-doctor`,
    },
  ];
}
