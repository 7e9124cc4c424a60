import { timingSafeEqual } from "node:crypto";
import type { ResolvedOptions } from "../options/options.js";
import { scrambleNative, scrambleSha2 } from "./upstream-password.js";

/** The message of caching_sha2_password that ends a login without the full exchange. */
export const fastAuthenticationOk: Buffer = Buffer.from([1, 3]);

/** Whether a client's answer to `scramble` proves the password. */
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
