/** Requests in place of a startup message, by the number in the place of the protocol version. */
export const requestCodes: Readonly<Record<"cancel" | "ssl" | "gssEncryption", number>> = {
  cancel: (1234 << 16) | 5678,
  ssl: (1234 << 16) | 5679,
  gssEncryption: (1234 << 16) | 5680,
};

/** Protocol version 3.0, as encoded in a startup message. */
export const protocolVersion: number = 3 << 16;

/** Encodes a message: type, length, body. */
export function encodeMessage(type: string, ...body: readonly (Buffer | string)[]): Buffer {
  const parts = body.map((part) => (typeof part === "string" ? Buffer.from(part) : part));
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(type, "latin1"), int32(length), ...parts]);
}

/** Encodes the startup message, which has no type. */
export function encodeStartup(parameters: Iterable<readonly [name: string, value: string]>): Buffer {
  const pairs = [...parameters].map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${pairs.join("")}\0`);
  return Buffer.concat([int32(body.length + 8), int32(protocolVersion), body]);
}

/** Encodes the request to cancel the statement of the session with this key. */
export function encodeCancelRequest(processId: number, secretKey: Buffer): Buffer {
  return Buffer.concat([
    int32(12 + secretKey.length),
    int32(requestCodes.cancel),
    int32(processId),
    secretKey,
  ]);
}

/** Encodes an ErrorResponse that ends the session. */
export function encodeFatalError(sqlState: string, text: string): Buffer {
  return encodeMessage("E", `SFATAL\0VFATAL\0C${sqlState}\0M${text}\0\0`);
}

/** Encodes an ErrorResponse after which the session goes on. */
export function encodeError(sqlState: string, text: string): Buffer {
  return encodeMessage("E", `SERROR\0VERROR\0C${sqlState}\0M${text}\0\0`);
}

/** Encodes a ReadyForQuery. */
export function encodeReady(status: "I" | "T" | "E"): Buffer {
  return encodeMessage("Z", status);
}

/** Decodes the fields of an ErrorResponse by their one-letter names. */
export function decodeError(body: Buffer): ReadonlyMap<string, string> {
  const fields = body.toString("utf8").split("\0").filter(Boolean);
  return new Map(fields.map((field) => [field.slice(0, 1), field.slice(1)]));
}

/** Encodes a 32-bit number, big-endian. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
