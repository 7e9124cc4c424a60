import type { Connection } from "mysql2";
import { internalsOf, type Packet } from "./mysql2-internals.js";

const ERR = 0xff;

/** More than a faulty server sends by accident. */
const MOST_OUT_OF_ORDER = 16;

/**
 * Checks packets before mysql2's commands see them.
 *
 * mysql2 prints to the console when a packet is out of order, also when a server sends an error by itself because it shuts
 * down; such an error passes here without a warning. A server that keeps sending packets out of order would keep the process
 * too busy for any timer to fire: its connection is closed.
 */
export function guardPackets(connection: Connection): void {
  const internals = internalsOf(connection);
  const handlePacket = internals.handlePacket.bind(connection);
  let outOfOrder = 0;

  const isExpected = (packet: Packet): boolean => {
    // mysql2 puts it aside until the reader of a stream wants more, and passes it here again.
    if (internals._paused) return true;
    // mysql2 closes the connection at the first packet without a command.
    if (!internals._command) return !internals._closing;
    if (packet.sequenceId === internals.sequenceId) return true;
    if (packet.peekByte() === ERR) internals.sequenceId = packet.sequenceId;
    else outOfOrder++;
    return outOfOrder <= MOST_OUT_OF_ORDER;
  };

  internals.handlePacket = (packet) => {
    if (!packet || isExpected(packet)) return handlePacket(packet);
    const { stream } = internals;
    // Thousands of such packets may have arrived together.
    if (!stream.destroyed) stream.destroy(unexpectedPackets());
    return undefined;
  };
}

function unexpectedPackets(): Error {
  const error = new Error("The server sent packets that no command was waiting for.");
  return Object.assign(error, { code: "PROTOCOL_PACKETS_OUT_OF_ORDER" });
}
