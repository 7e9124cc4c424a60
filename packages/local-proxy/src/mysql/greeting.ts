import { hasCapability } from "../options/mysql-capabilities.js";
import { int16, int32 } from "./messages.js";
import { PayloadReader } from "./payload-reader.js";

/** A server's greeting, protocol version 10. */
export interface Greeting {
  readonly serverVersion: string;
  readonly connectionId: number;
  /** The 20-byte challenge for the password. */
  readonly scramble: Buffer;
  readonly capabilities: bigint;
  /** Number of the server's default collation. */
  readonly collation: number;
  readonly status: number;
  /** The server's default authentication method. */
  readonly authPlugin: string;
}

const protocolVersion = 10;
const scrambleLength = 20;

/** Decodes a greeting; throws an error for another protocol version. */
export function decodeGreeting(payload: Buffer): Greeting {
  const fields = new PayloadReader(payload);
  const version = fields.integer(1);
  if (version !== protocolVersion)
    throw new Error(`the database uses protocol version ${version}, which is not supported`);
  const serverVersion = fields.untilNul().toString("utf8");
  const connectionId = fields.integer(4);
  const scrambleStart = fields.bytes(8);
  fields.bytes(1);
  const lower = fields.integer(2);
  const collation = fields.integer(1);
  const status = fields.integer(2);
  const upper = fields.integer(2);
  const scrambleBytes = fields.integer(1);
  fields.bytes(6);
  const extension = fields.integer(4);
  const ofMysql = BigInt(lower) | (BigInt(upper) << 16n);
  const ofMariaDb = hasCapability(ofMysql, "MYSQL") ? 0n : BigInt(extension) << 32n;
  const scrambleEnd = fields.bytes(Math.max(13, scrambleBytes - 8));
  return {
    serverVersion,
    connectionId,
    scramble: Buffer.concat([scrambleStart, scrambleEnd]).subarray(0, scrambleLength),
    capabilities: ofMysql | ofMariaDb,
    collation,
    status,
    authPlugin: fields.isAtEnd ? "mysql_native_password" : fields.untilNul().toString("latin1"),
  };
}

/** Encodes a greeting's payload. */
export function encodeGreeting(greeting: Greeting): Buffer {
  const { capabilities, scramble } = greeting;
  return Buffer.concat([
    Buffer.from([protocolVersion]),
    Buffer.from(`${greeting.serverVersion}\0`),
    int32(greeting.connectionId),
    scramble.subarray(0, 8),
    Buffer.alloc(1),
    int16(Number(capabilities & 0xffffn)),
    Buffer.from([greeting.collation]),
    int16(greeting.status),
    int16(Number((capabilities >> 16n) & 0xffffn)),
    Buffer.from([scramble.length + 1]),
    Buffer.alloc(6),
    int32(hasCapability(capabilities, "MYSQL") ? 0 : Number(capabilities >> 32n)),
    scramble.subarray(8),
    Buffer.alloc(1),
    Buffer.from(`${greeting.authPlugin}\0`),
  ]);
}
