import { NoTokenAsked } from "../wire/no-token-asked.js";
import type { ServerRefusal } from "../wire/server-refusal.js";
import { ProbeError, type Wire } from "../wire/wire.js";
import { type CapabilityName, capabilitySet, hasCapability } from "./capabilities.js";
import { decodeGreeting, type Greeting } from "./greeting.js";
import { MysqlSession } from "./mysql-session.js";
import { MARKER, Packets, PayloadReader, refusalIn } from "./packets.js";

/** How a login differs from the usual one. */
export interface MysqlVariation {
  readonly namesHost?: boolean;
}

/** A session, and the greeting of the server. */
export interface MysqlLogin {
  readonly session: MysqlSession;
  readonly greeting: Greeting;
}

const CLEAR_PASSWORD = "mysql_clear_password";
const UTF8MB4_GENERAL_CI = 45;
const LONGEST_PACKET = 2 ** 24;
const MOST_ANSWERS = 5;

const WANTED: readonly CapabilityName[] = [
  "MYSQL",
  "LONG_FLAG",
  "PROTOCOL_41",
  "TRANSACTIONS",
  "SECURE_CONNECTION",
  "MULTI_STATEMENTS",
  "MULTI_RESULTS",
  "PLUGIN_AUTH",
];

/**
 * Logs in. The password is asked for when the server wants it, behind verified TLS.
 *
 * @throws ServerRefusal, NoTokenAsked
 */
export async function logInToMysql(
  wire: Wire,
  { user, database }: { readonly user: string; readonly database: string | undefined },
  password: () => Promise<string>,
  variation: MysqlVariation = {},
): Promise<MysqlLogin> {
  await wire.connected();
  const packets = new Packets(wire);
  const greeting = decodeGreeting(await packets.read());
  if (!hasCapability(greeting.capabilities, "SSL")) throw new ProbeError("the server does not agree to TLS");
  const sendsDatabase = database !== undefined && hasCapability(greeting.capabilities, "CONNECT_WITH_DB");
  const wanted: readonly CapabilityName[] = sendsDatabase ? [...WANTED, "CONNECT_WITH_DB"] : WANTED;
  const head = encodeHead(greeting, [...wanted, "SSL"]);
  packets.write(head);
  await wire.secure(variation);
  packets.write(
    head,
    `${user}\0`,
    // No proof: the server asks for the method that it needs.
    Buffer.alloc(1),
    sendsDatabase ? `${database}\0` : "",
    `${CLEAR_PASSWORD}\0`,
  );
  await authenticate(packets, password);
  return { session: new MysqlSession(wire, packets), greeting };
}

/** Logs in without TLS and without a password, as a user that there is not. Returns the refusal, if there is one. */
export async function provokeWithoutTls(wire: Wire, user: string): Promise<ServerRefusal | undefined> {
  await wire.connected();
  const packets = new Packets(wire);
  const greeting = decodeGreeting(await packets.read());
  packets.write(encodeHead(greeting, WANTED), `${user}\0`, Buffer.alloc(1), `${CLEAR_PASSWORD}\0`);
  // A server may ask for a proof first, to hide that there is no such user.
  for (let answers = 0; answers < MOST_ANSWERS; answers++) {
    const payload = await packets.read();
    if (payload[0] === MARKER.error) return refusalIn(payload);
    if (payload[0] === MARKER.ok) return undefined;
    packets.write("");
  }
  return undefined;
}

/** The first 32 bytes of a HandshakeResponse41, which are the whole of an SSLRequest. */
function encodeHead({ capabilities }: Greeting, wanted: readonly CapabilityName[]): Buffer {
  // MYSQL tells MariaDB that no extended capabilities follow, so it is set in any case.
  const chosen = (capabilitySet(...wanted) & capabilities) | capabilitySet("MYSQL");
  const head = Buffer.alloc(32);
  head.writeUInt32LE(Number(chosen), 0);
  head.writeUInt32LE(LONGEST_PACKET, 4);
  head.writeUInt8(UTF8MB4_GENERAL_CI, 8);
  return head;
}

async function authenticate(packets: Packets, password: () => Promise<string>): Promise<void> {
  let isTokenSent = false;
  for (;;) {
    const payload = await packets.read();
    if (payload[0] === MARKER.error) throw refusalIn(payload);
    if (payload[0] === MARKER.ok && isTokenSent) return;
    if (payload[0] === MARKER.ok) throw new NoTokenAsked("the server asks for no token");
    const method = payload[0] === MARKER.switch ? new PayloadReader(payload, 1).untilNul().toString() : "";
    if (method !== CLEAR_PASSWORD || isTokenSent) {
      throw new NoTokenAsked(`the server asks for something else than a token (${method || "more data"})`);
    }
    isTokenSent = true;
    packets.write(`${await password()}\0`);
  }
}
