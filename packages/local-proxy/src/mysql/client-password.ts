import { timingSafeEqual } from "node:crypto";
import type { ResolvedOptions } from "../options/options.js";
import { scrambleNative, scrambleSha2 } from "./upstream-password.js";

/** caching_sha2_password's word that no more is needed. */
export const fastAuthenticationOk: Buffer = Buffer.from([1, 3]);

/** Whether a client's answer to `scramble` shows that it knows the password. */
export function isAnswerRight(
  answer: Buffer,
  scramble: Buffer,
  password: string,
  method: ResolvedOptions["mysql"]["authPlugin"],
): boolean {
  const secret = Buffer.from(password);
  if (secret.length === 0) return answer.length === 0;
  const expected =
    method === "mysql_native_password" ? scrambleNative(secret, scramble) : scrambleSha2(secret, scramble);
  return answer.length === expected.length && timingSafeEqual(answer, expected);
}
