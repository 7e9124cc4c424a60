// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html

import { ProbeError } from "../wire/wire.js";
import { hasCapability } from "./capabilities.js";
import { MARKER, PayloadReader, refusalIn } from "./packets.js";

/** What a server says of itself before the login. */
export interface Greeting {
  readonly serverVersion: string;
  readonly connectionId: number;
  /** MySQL's capabilities, and MariaDB's in the upper 32 bits. */
  readonly capabilities: bigint;
  readonly authPlugin: string;
}

const PROTOCOL_VERSION = 10;

/** @throws ServerRefusal for an error in place of a greeting */
export function decodeGreeting(payload: Buffer): Greeting {
  if (payload[0] === MARKER.error) throw refusalIn(payload);
  const reader = new PayloadReader(payload);
  if (reader.integer(1) !== PROTOCOL_VERSION)
    throw new ProbeError("the server does not speak MySQL's protocol");
  const serverVersion = reader.untilNul().toString("latin1");
  const connectionId = reader.integer(4);
  reader.bytes(8 + 1);
  const lower = reader.integer(2);
  // Collation and status.
  reader.bytes(1 + 2);
  const upper = reader.integer(2);
  const challengeLength = reader.integer(1);
  reader.bytes(6);
  const extension = reader.integer(4);
  reader.bytes(Math.max(13, challengeLength - 8));
  const ofMysql = BigInt(lower) | (BigInt(upper) << 16n);
  return {
    serverVersion,
    connectionId,
    capabilities: hasCapability(ofMysql, "MYSQL") ? ofMysql : ofMysql | (BigInt(extension) << 32n),
    authPlugin: reader.isAtEnd ? "" : reader.untilNul().toString("latin1"),
  };
}
