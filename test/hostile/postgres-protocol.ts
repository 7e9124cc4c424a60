import type { Protocol } from "./protocol.js";

const REQUEST_FOR_PASSWORD = message("R", int32(3));
const READY = message("Z", "I");
const SYNC = message("S");
const DONE = Buffer.concat([message("C", "SELECT 0\0"), READY]);
const EXTENDED_DONE = Buffer.concat([message("1"), message("2"), message("n"), DONE]);

/** Every message type of a server. */
const TYPES = "RKSZEN12CDTnst3AGHWcdIv";

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
export const postgresProtocol: Protocol = {
  opening: undefined,
  tlsRequestLength: 8,
  tlsReply: Buffer.from("S"),
  answer(chunk, isLoggedIn) {
    const type = chunk.toString("latin1", 0, 1);
    if (isLoggedIn) {
      if (type === "Q") return { stage: "answer to a statement", bytes: DONE };
      const isComplete = chunk.subarray(-SYNC.length).equals(SYNC);
      return isComplete ? { stage: "answer to a statement", bytes: EXTENDED_DONE } : undefined;
    }
    if (type !== "p") return { stage: "request for the token", bytes: REQUEST_FOR_PASSWORD };
    const keys = message("K", Buffer.alloc(8));
    const bytes = Buffer.concat([
      message("R", int32(0)),
      message("S", "server_version\x0018.0\0"),
      keys,
      READY,
    ]);
    return { stage: "welcome", bytes };
  },
  message: (type, body) => message(TYPES.charAt(type % TYPES.length), body),
  error: message("E", "SFATAL\0VFATAL\0C57P01\0Mgoing away\0\0"),
  hugeHeader: Buffer.concat([Buffer.from("D"), int32(2 ** 31 - 1)]),
  endless: message("N", "SNOTICE\0VNOTICE\0C00000\0Mmore\0\0"),
};

export function message(type: string, body: string | Buffer = ""): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(type), int32(bytes.length + 4), bytes]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
