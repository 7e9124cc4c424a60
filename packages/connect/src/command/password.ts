import { randomBytes } from "node:crypto";
import type { Environment } from "@rds-proxy/core/internal";
import { UsageError } from "./usage-error.js";

/** The variable with a password that stays the same, for a GUI that stores it. */
const VARIABLE = "RDS_PROXY_CONNECT_PASSWORD";

/** A shorter one can be guessed. */
const SHORTEST = 16;

/**
 * The listener's password: 24 random bytes, in characters that need no quotes, or that of RDS_PROXY_CONNECT_PASSWORD.
 *
 * @throws UsageError for one that is too short
 */
export function createPassword(env: Environment): string {
  const given = env[VARIABLE];
  if (!given) return randomBytes(24).toString("base64url");
  if (given.length >= SHORTEST && /^[!-~]+$/.test(given)) return given;
  throw new UsageError(`${VARIABLE}: expected at least ${SHORTEST} characters of ASCII without spaces.`);
}
