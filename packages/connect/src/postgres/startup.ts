import type { ByteReader } from "../byte-reader.js";
import { encodeUntyped } from "./messages.js";

/** Codes of requests in the place of a protocol version. */
const SSL_REQUEST = 80_877_103;
const GSS_ENCRYPTION_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;

const PROTOCOL_3_0 = 3 << 16;

/** PostgreSQL's MAX_STARTUP_PACKET_LENGTH, and the four bytes of the length itself. */
const LONGEST_STARTUP = 10_004;

/** The first byte of a TLS handshake: a client that does not ask first. */
const TLS_HANDSHAKE = 0x16;

export const sslRequest: Buffer = encodeUntyped(SSL_REQUEST);

/** A client's StartupMessage. */
export interface Startup {
  /** The whole message, which the server gets as it is. */
  readonly raw: Buffer;
  /** The bytes of the parameter `user`, each as one character. */
  readonly user: string;
}

/** The first request of a client. */
export type FirstRequest =
  | { readonly kind: "startup"; readonly startup: Startup }
  /** `raw` is the whole message, `key` process id and secret key. */
  | { readonly kind: "cancel"; readonly raw: Buffer; readonly key: Buffer }
  | { readonly kind: "direct TLS" }
  | { readonly kind: "another protocol" }
  /** More came after a request for encryption, before its answer. */
  | { readonly kind: "early data"; readonly request: string }
  | { readonly kind: "malformed" }
  | { readonly kind: "no user" }
  | { readonly kind: "version"; readonly major: number; readonly minor: number };

/** Reads the first request. Refuses encryption: the listener is on this machine. */
export async function readFirstRequest(
  reader: ByteReader,
  write: (bytes: Buffer) => void,
): Promise<FirstRequest> {
  // Each kind of encryption may be asked for once.
  const refused = new Set<number>();
  for (;;) {
    const head = await reader.take(4);
    if (head[0] === TLS_HANDSHAKE) return { kind: "direct TLS" };
    const length = head.readUInt32BE();
    if (length < 8 || length > LONGEST_STARTUP) return { kind: "another protocol" };
    const rest = await reader.take(length - 4);
    const code = rest.readUInt32BE();
    if ((code === SSL_REQUEST || code === GSS_ENCRYPTION_REQUEST) && !refused.has(code)) {
      refused.add(code);
      write(Buffer.from("N"));
      const request = code === SSL_REQUEST ? "SSL" : "GSSAPI encryption";
      if (reader.hasMore) return { kind: "early data", request };
      continue;
    }
    const raw = Buffer.concat([head, rest]);
    if (code === CANCEL_REQUEST) return { kind: "cancel", raw, key: rest.subarray(4) };
    // The minor version is between the client and the server.
    if (code >>> 16 !== 3) return { kind: "version", major: code >>> 16, minor: code & 0xffff };
    const parameters = parseParameters(rest.subarray(4));
    if (!parameters) return { kind: "malformed" };
    const user = parameters.get("user");
    return user ? { kind: "startup", startup: { raw, user } } : { kind: "no user" };
  }
}

/** Names and values that each end with NUL, and one more NUL. They have no known encoding, so each byte is a character. */
function parseParameters(bytes: Buffer): Map<string, string> | undefined {
  const parts = bytes.toString("latin1").split("\0");
  const parameters = new Map<string, string>();
  let index = 0;
  for (; parts[index]; index += 2) parameters.set(parts[index] ?? "", parts[index + 1] ?? "");
  // The NUL that ends the list is the last byte.
  return index === parts.length - 2 && parts[index + 1] === "" ? parameters : undefined;
}

/** The StartupMessage of this program's own connections. */
export function encodeStartup(parameters: Readonly<Record<string, string>>): Startup {
  const texts = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  return { raw: encodeUntyped(PROTOCOL_3_0, ...texts, "\0"), user: parameters["user"] ?? "" };
}
