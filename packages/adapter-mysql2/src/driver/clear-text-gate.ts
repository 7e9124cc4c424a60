import type { Socket } from "node:net";
import { RdsProxyError } from "@rds-proxy/core";

/** A packet's length and its number: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html */
const HEADER_LENGTH = 4;

/**
 * Lets one packet of a server through in clear text: its greeting, or the error in place of one. mysql2 goes on with what
 * follows it in the same piece as if it had come inside TLS, so that a stranger on the path could say "logged in", ask for a
 * token, or put bytes in front of what the real server says afterwards. The connection is closed instead.
 *
 * @param socket before it connects; once TLS has begun, what comes goes past it
 */
export function admitOnePacket(socket: Socket): void {
  const { push } = socket;
  const header = Buffer.alloc(HEADER_LENGTH);
  let received = 0;
  // Node hands it each piece that was read, before any listener.
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk instanceof Uint8Array) {
      if (received < HEADER_LENGTH) header.set(chunk.subarray(0, HEADER_LENGTH - received), received);
      received += chunk.length;
      if (received > HEADER_LENGTH && received > HEADER_LENGTH + header.readUIntLE(0, 3)) {
        socket.destroy(spokeBeforeTls());
        return false;
      }
    }
    return Reflect.apply(push, socket, [chunk, encoding]);
  };
}

/** mysql2 writes properties of its own onto an error that it gets, which must not be ours. */
function spokeBeforeTls(): Error {
  const cause = new RdsProxyError(
    "RDS_PROXY_TLS",
    "The server sent more than its greeting before TLS began, which no server does: something between here and the " +
      "endpoint changes what is sent. Nothing was signed.",
  );
  return new Error("the server spoke in clear text", { cause });
}
