import { findRdsProxyError } from "@rds-proxy/core";
import { type Deadline, Login, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { messageOf } from "../error-text.js";
import { type Finding, failed } from "../finding.js";
import type { DiagnosisCause, DiagnosisFact } from "../report.js";

/** Asks the option `signer` for a token as a login does, and reads what was signed. The finding has no signature. */
export async function inspectSigner(
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Finding<undefined>> {
  const { endpoint, runtime } = options;
  const login = new Login(options);
  try {
    await within(login.password(), deadline, () => new Error("the option `signer` did not answer in time"));
  } catch (error) {
    return failed(findRdsProxyError(error)?.message ?? `${messageOf(error)}.`, [brokenSigner]);
  }
  const { signed } = login;
  if (signed?.source !== "signer" || signed.signedFor === undefined) {
    return { outcome: "ok", facts: [{ name: "form", value: "not that of AWS's tokens" }], result: undefined };
  }
  const { signedFor, user, region, signedAt, expiresAt } = signed;
  const facts: DiagnosisFact[] = [
    { name: "signed for", value: signedFor },
    { name: "user", value: user ?? "none" },
    { name: "region", value: region ?? "none" },
    { name: "signed at", value: timeOf(signedAt) },
    { name: "accepted until", value: timeOf(expiresAt) },
  ];
  const address = `${endpoint.signingHost}:${endpoint.signingPort}`;
  const problems = [
    // Names of hosts have no case, and the token keeps the signer's.
    ...(signedFor.toLowerCase() === address
      ? []
      : [`The token is signed for ${signedFor}, and the login goes to ${address}.`]),
    ...(user === undefined || user === endpoint.user
      ? []
      : [`The token is signed for the user ${user}, and ${endpoint.user} logs in.`]),
    ...(expiresAt === undefined || expiresAt > runtime.clock.now()
      ? []
      : [`The token expired at ${timeOf(expiresAt)}.`]),
  ];
  if (problems.length === 0) return { outcome: "ok", facts, result: undefined };
  return { outcome: "warning", problem: problems.join(" "), facts, causes: [otherToken], result: undefined };
}

function timeOf(ms: number | undefined): string {
  return ms === undefined ? "not known" : new Date(ms).toISOString();
}

const brokenSigner: DiagnosisCause = {
  cause: "The credentials of the option `signer` cannot be had, or its getAuthToken() is wrong.",
  remedy: "Call its getAuthToken() alone. Without the option, the function's own credentials sign the token.",
};

/** The signer's own options are not this library's. */
const otherToken: DiagnosisCause = {
  cause:
    "The option `signer` was made with other values than `host`, `port` and `user`, or returns a token that it keeps.",
  remedy:
    "Pass it the endpoint's own name and port, and the user that logs in, and have it sign a new token with each call.",
};
