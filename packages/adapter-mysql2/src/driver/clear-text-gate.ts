import type { Socket } from "node:net";
import { RdsProxyError } from "@rds-proxy/core";

/** A packet's length and its number: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html */
const HEADER_LENGTH = 4;

/**
 * Accepts one packet in clear text: the server's greeting, or an error instead of it. mysql2 processes bytes that follow in the
 * same chunk as if they had come through TLS, so an attacker on the network could fake a successful login, ask for a token, or
 * prepend bytes to the real server's answer. The connection is closed instead.
 *
 * @param socket not connected yet. After the TLS handshake has begun, data no longer passes through `push()`
 */
export function admitOnePacket(socket: Socket): void {
  const { push } = socket;
  const header = Buffer.alloc(HEADER_LENGTH);
  let received = 0;
  // Node calls it with each chunk, before any listener.
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk instanceof Uint8Array) {
      if (received < HEADER_LENGTH) header.set(chunk.subarray(0, HEADER_LENGTH - received), received);
      received += chunk.length;
      if (received > HEADER_LENGTH + header.readUIntLE(0, 3)) {
        socket.destroy(spokeBeforeTls());
        return false;
      }
    }
    return Reflect.apply(push, socket, [chunk, encoding]);
  };
}

/** Our error is only the cause, since mysql2 writes its own properties onto the error that it gets. */
function spokeBeforeTls(): Error {
  const cause = new RdsProxyError(
    "RDS_PROXY_TLS",
    "The server sent more than its greeting before TLS began, which no server does: something between this process and the " +
      "endpoint changes the data. Nothing was signed.",
  );
  return new Error("the server spoke in clear text", { cause });
}
