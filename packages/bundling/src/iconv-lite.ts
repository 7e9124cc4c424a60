// Takes the place of iconv-lite in a bundle with mysql2. Of its encodings mysql2 needs only CESU-8 on a utf8mb4 connection, for
// the server's version and the names of authentication plugins; Node has the others that it decodes there. What needs a table
// fails here, before any text is decoded or encoded.
import { decodeCesu8, encodeCesu8 } from "./cesu8.js";

// For adapter-mysql2, which then refuses other character sets as an option, when the function starts.
Reflect.set(globalThis, Symbol.for("@rds-proxy/utf8-only"), true);

interface Decoder {
  write(bytes: Uint8Array): string;
  end(): undefined;
}

interface Encoder {
  write(text: string): Buffer;
  end(): undefined;
}

/** @throws Error `RDS_PROXY_UNSUPPORTED`, for any encoding but CESU-8 */
export function getDecoder(encoding: string): Decoder {
  checkEncoding(encoding);
  return { write: decodeCesu8, end: () => undefined };
}

/** @throws Error `RDS_PROXY_UNSUPPORTED`, for any encoding but CESU-8 */
export function getEncoder(encoding: string): Encoder {
  checkEncoding(encoding);
  return { write: encodeCesu8, end: () => undefined };
}

/** @throws Error `RDS_PROXY_UNSUPPORTED`, for any encoding but CESU-8 */
export function decode(bytes: Uint8Array, encoding: string): string {
  return getDecoder(encoding).write(bytes);
}

/** @throws Error `RDS_PROXY_UNSUPPORTED`, for any encoding but CESU-8 */
export function encode(text: string, encoding: string): Buffer {
  return getEncoder(encoding).write(text);
}

export function encodingExists(encoding: string): boolean {
  return canonical(encoding) === "cesu8";
}

function checkEncoding(encoding: string): void {
  if (encodingExists(encoding)) return;
  const reason =
    `This bundle has no table for the character set ${encoding}: @rds-proxy/bundling has left iconv-lite out of it. ` +
    "Use utf8mb4 on the connection (leave out the option charset and SET NAMES), or bundle with iconv-lite: see docs/bundling.md.";
  throw Object.assign(new Error(reason), { code: "RDS_PROXY_UNSUPPORTED" });
}

/** As iconv-lite compares names. */
function canonical(encoding: string): string {
  return String(encoding)
    .toLowerCase()
    .replaceAll(/[^0-9a-z]/g, "");
}
