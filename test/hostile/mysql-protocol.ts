import type { Protocol } from "./protocol.js";

const PROTOCOL_41 = 0x0200;
const SSL = 0x0800;
const SECURE_CONNECTION = 0x8000;
const PLUGIN_AUTH = 0x80000;
const AUTOCOMMIT = 2;
const COM_QUIT = 1;
const UTF8MB4 = 45;

const OK = Buffer.from([0, 0, 0, AUTOCOMMIT, 0, 0, 0]);

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html */
export const mysqlProtocol: Protocol = {
  opening: greeting(),
  tlsRequestLength: 36,
  tlsReply: undefined,
  answer(chunk, isLoggedIn) {
    const sequence = chunk.readUInt8(3);
    if (isLoggedIn) {
      if (chunk[4] === COM_QUIT) return undefined;
      return { stage: "answer to a statement", bytes: packet(sequence + 1, OK) };
    }
    if (sequence <= 2) {
      const request = Buffer.from("\xfemysql_clear_password\0", "latin1");
      return { stage: "request for the token", bytes: packet(sequence + 1, request) };
    }
    return { stage: "welcome", bytes: packet(sequence + 1, OK) };
  },
  message: (type, body, index) => packet(index, Buffer.concat([Buffer.from([type % 256]), body])),
  error: packet(1, Buffer.from("\xff\x1d\x04#08S01going away", "latin1")),
  hugeHeader: Buffer.from([0xff, 0xff, 0xff, 1]),
  // A packet of the maximum length always continues in the next one.
  endless: packet(1, Buffer.alloc(0xff_ff_ff)),
};

function greeting(): Buffer {
  const capabilities = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | SSL;
  const fixed = Buffer.alloc(31);
  fixed.writeUInt32LE(1, 0);
  fixed.fill("a", 4, 12);
  fixed.writeUInt16LE(capabilities & 0xffff, 13);
  fixed.writeUInt8(UTF8MB4, 15);
  fixed.writeUInt16LE(AUTOCOMMIT, 16);
  fixed.writeUInt16LE(capabilities >>> 16, 18);
  fixed.writeUInt8(21, 20);
  return packet(
    0,
    Buffer.concat([
      Buffer.from("\n8.0.0-hostile\0"),
      fixed,
      Buffer.from("bbbbbbbbbbbb\0mysql_native_password\0"),
    ]),
  );
}

export function packet(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header.writeUInt8(sequence % 256, 3);
  return Buffer.concat([header, payload]);
}
