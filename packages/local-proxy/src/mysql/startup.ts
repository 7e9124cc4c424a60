import {
  type CapabilityName,
  capabilitySet,
  hasCapability,
  universalCapabilities,
} from "../options/mysql-capabilities.js";
import { int32, lengthEncodedBytes } from "./messages.js";
import { PayloadReader } from "./payload-reader.js";

/** The first 32 bytes of HandshakeResponse41, which are also the whole of an SSLRequest. */
export interface StartupRequest {
  readonly capabilities: bigint;
  /** Maximum packet that the client accepts, in bytes. */
  readonly longestPacket: number;
  /** Number of the session's initial collation, which also sets the character set. */
  readonly collation: number;
}

/** The whole HandshakeResponse41. */
export interface Startup extends StartupRequest {
  readonly user: string;
  readonly database: Buffer | undefined;
  /** Names and values, still encoded. */
  readonly connectAttributes: Buffer | undefined;
}

/** The first answer to a server's authentication method. */
export interface StartupAnswer {
  readonly authPlugin: string;
  readonly authAnswer: Buffer;
}

// utf8mb4_general_ci, which every server knows.
const utf8mb4 = 45;
const longestPacket = 2 ** 24;

/** The startup of a login that the proxy makes for itself. */
export function ownStartup(user: string, database: string | undefined): Startup {
  return {
    capabilities: universalCapabilities,
    longestPacket,
    collation: utf8mb4,
    user,
    database: database === undefined ? undefined : Buffer.from(database),
    connectAttributes: undefined,
  };
}

/** Decodes the first 32 bytes. */
export function decodeStartupRequest(payload: Buffer): StartupRequest {
  return decodeHead(new PayloadReader(payload));
}

/** Decodes all but the authentication answer, which the proxy does not use: it always requests another. */
export function decodeStartup(payload: Buffer): Startup {
  const fields = new PayloadReader(payload);
  const head = decodeHead(fields);
  const has = (name: CapabilityName): boolean => hasCapability(head.capabilities, name);
  const user = fields.untilNul().toString("utf8");
  if (has("PLUGIN_AUTH_LENENC_CLIENT_DATA")) fields.lengthEncodedBytes();
  else if (has("SECURE_CONNECTION")) fields.bytes(fields.integer(1));
  else fields.untilNul();
  // Clients omit empty fields at the end.
  const database = has("CONNECT_WITH_DB") && !fields.isAtEnd ? fields.untilNul() : undefined;
  if (has("PLUGIN_AUTH") && !fields.isAtEnd) fields.untilNul();
  const hasAttributes = has("CONNECT_ATTRS") && !fields.isAtEnd;
  return {
    ...head,
    user,
    database: database?.length === 0 ? undefined : database,
    connectAttributes: hasAttributes ? fields.lengthEncodedBytes() : undefined,
  };
}

/** Encodes a HandshakeResponse41, with the capabilities for the fields that it contains. */
export function encodeStartup(startup: Startup & StartupAnswer): Buffer {
  const { database, connectAttributes } = startup;
  const sendsAttributes =
    connectAttributes !== undefined && hasCapability(startup.capabilities, "CONNECT_ATTRS");
  const capabilities =
    (startup.capabilities & ~capabilitySet("CONNECT_WITH_DB", "CONNECT_ATTRS")) |
    (database === undefined ? 0n : capabilitySet("CONNECT_WITH_DB")) |
    (sendsAttributes ? capabilitySet("CONNECT_ATTRS") : 0n);
  const extension = hasCapability(capabilities, "MYSQL") ? 0n : capabilities >> 32n;
  return Buffer.concat([
    int32(Number(capabilities & 0xffff_ffffn)),
    int32(startup.longestPacket),
    Buffer.from([startup.collation]),
    Buffer.alloc(19),
    int32(Number(extension)),
    Buffer.from(`${startup.user}\0`),
    lengthEncodedBytes(startup.authAnswer),
    ...(database === undefined ? [] : [database, Buffer.alloc(1)]),
    Buffer.from(`${startup.authPlugin}\0`),
    ...(sendsAttributes ? [lengthEncodedBytes(connectAttributes)] : []),
  ]);
}

function decodeHead(fields: PayloadReader): StartupRequest {
  const ofMysql = BigInt(fields.integer(4));
  const longestPacket = fields.integer(4);
  const collation = fields.integer(1);
  fields.bytes(19);
  const extension = BigInt(fields.integer(4));
  const ofMariaDb = hasCapability(ofMysql, "MYSQL") ? 0n : extension << 32n;
  return { capabilities: ofMysql | ofMariaDb, longestPacket, collation };
}
