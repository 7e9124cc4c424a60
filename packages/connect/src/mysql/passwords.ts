// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods.html and
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html

import { createHash } from "node:crypto";

export const NATIVE = "mysql_native_password";
export const CACHING_SHA2 = "caching_sha2_password";

/** The proof of a password by one method, for the challenge of a greeting or of a request to switch. */
export function proofOf(
  password: string,
  scramble: Buffer,
  method: typeof NATIVE | typeof CACHING_SHA2,
): Buffer {
  if (password === "") return Buffer.alloc(0);
  if (method === NATIVE) {
    const once = hash("sha1", Buffer.from(password));
    return xor(once, hash("sha1", scramble, hash("sha1", once)));
  }
  const once = hash("sha256", Buffer.from(password));
  return xor(once, hash("sha256", hash("sha256", once), scramble));
}

function hash(algorithm: "sha1" | "sha256", ...parts: readonly Buffer[]): Buffer {
  const digest = createHash(algorithm);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}
