import { RdsProxyError } from "@rds-proxy/core";
import { codeOf } from "../../error-text.js";
import type { ProbeRun } from "../probe-run.js";
import { NoTokenAsked } from "../wire/no-token-asked.js";
import { ServerRefusal } from "../wire/server-refusal.js";
import { ProbeError } from "../wire/wire.js";

/**
 * Whether a login with another TLS handshake works. Throws if that is not certain: the server was silent, refused the login
 * itself, or answers differently the second time.
 */
export async function isHandshakeAccepted(
  run: ProbeRun,
  logIn: (run: ProbeRun) => Promise<void>,
): Promise<boolean> {
  const isFirstAccepted = await isAcceptedOnce(run, logIn);
  if (isFirstAccepted) return true;
  if (await isAcceptedOnce(run, logIn)) throw new ProbeError("the handshake fails at times");
  return false;
}

async function isAcceptedOnce(run: ProbeRun, logIn: (run: ProbeRun) => Promise<void>): Promise<boolean> {
  try {
    await logIn(run);
    return true;
  } catch (error) {
    if (error instanceof NoTokenAsked || error instanceof ServerRefusal || error instanceof RdsProxyError)
      throw error;
    if (codeOf(error) === "ERR_TLS_CERT_ALTNAME_INVALID") {
      throw new ProbeError("the server presents a certificate of another name");
    }
    return false;
  }
}
