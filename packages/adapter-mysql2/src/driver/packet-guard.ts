import { builtinModule } from "@rds-proxy/core/internal";
import type { Connection } from "mysql2";

const ERR = 0xff;

/** More than a server sends that is merely confused. */
const MOST_OUT_OF_ORDER = 16;

/** As much of mysql2's packet as is looked at here. */
interface Packet {
  readonly sequenceId: number;
  peekByte(): number;
}

/**
 * Stands between mysql2's parser and its commands.
 *
 * mysql2 prints to the console when a packet is not numbered as expected: also when a server speaks out of turn because
 * it shuts down, which passes in silence here. And a server that goes on and on with packets that nobody asked for would
 * keep the process so busy that no timeout could strike: its connection is closed.
 */
export function guardPackets(connection: Connection): void {
  // Neither this nor the properties below are part of mysql2's types.
  const handlePacket: unknown = Reflect.get(connection, "handlePacket");
  if (typeof handlePacket !== "function") return;
  let outOfOrder = 0;

  const isWelcome = (packet: Packet): boolean => {
    // Put aside until whoever reads a stream wants more; it comes here again then.
    if (Reflect.get(connection, "_paused")) return true;
    // The first one that nobody asked for makes mysql2 close the connection.
    if (!Reflect.get(connection, "_command")) return !Reflect.get(connection, "_closing");
    if (packet.sequenceId === Reflect.get(connection, "sequenceId")) return true;
    if (packet.peekByte() === ERR) Reflect.set(connection, "sequenceId", packet.sequenceId);
    else outOfOrder++;
    return outOfOrder <= MOST_OUT_OF_ORDER;
  };

  Reflect.set(connection, "handlePacket", (packet?: Packet) => {
    if (!packet || isWelcome(packet)) return Reflect.apply(handlePacket, connection, [packet]);
    const stream: unknown = Reflect.get(connection, "stream");
    if (stream instanceof builtinModule("node:stream").Duplex && !stream.destroyed)
      stream.destroy(outOfTurn());
    return undefined;
  });
}

function outOfTurn(): Error {
  const error = new Error("The server sent packets that nobody asked for.");
  return Object.assign(error, { code: "PROTOCOL_PACKETS_OUT_OF_ORDER" });
}
