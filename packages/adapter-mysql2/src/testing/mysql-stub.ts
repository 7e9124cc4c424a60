import { createServer } from "node:net";
import { createSecureContext, type SecureContextOptions, TLSSocket } from "node:tls";
import { listenUntilTestFinished } from "../../../local-proxy/src/testing/listen-until-test-finished.js";

const SSL_REQUEST_LENGTH = 36;
const HEADER_LENGTH = 4;

const PROTOCOL_41 = 0x0200;
const SSL = 0x0800;
const SECURE_CONNECTION = 0x8000;
const PLUGIN_AUTH = 0x80000;
/** As MySQL has it from 8.0.27 on. */
const MULTI_FACTOR_AUTHENTICATION = 0x10000000;
export const AUTOCOMMIT = 2;

/** What the greeting asks clients to prove their password over. */
export const SCRAMBLE = "aaaaaaaabbbbbbbbbbbb";

const COM_QUIT = 1;
const COM_QUERY = 3;
const COM_PING = 14;
const NAMES = new Map([
  [COM_QUIT, "quit"],
  [COM_PING, "ping"],
]);

/** A server that speaks just enough to let a client log in and run statements without rows, and keeps what it says. */
export interface MysqlStub {
  readonly port: number;
  /** Connections that were accepted. */
  readonly connects: number;
  /** What clients answered the greeting with, inside of TLS. */
  readonly responses: readonly Buffer[];
  /** The answers to the request for a password in clear text. */
  readonly passwords: readonly Buffer[];
  /** What clients sent after their login: statements, `ping` and `quit`. */
  readonly commands: readonly string[];
}

/** Status flags of the answer to a command; undefined for none, an error for an ERR packet. */
export type Answer = (
  command: string,
) => number | undefined | { readonly errno: number; readonly message: string };

/**
 * Starts one for the present test: with TLS where a certificate is given, without where none is.
 *
 * @param answer default OK in autocommit to everything
 * Packet layout: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html
 */
export async function startMysqlStub(
  tls?: SecureContextOptions,
  answer: Answer = () => AUTOCOMMIT,
): Promise<MysqlStub> {
  const commands: string[] = [];
  const responses: Buffer[] = [];
  const passwords: Buffer[] = [];
  let connects = 0;
  const server = createServer((socket) => {
    connects++;
    socket.write(greeting(tls !== undefined));
    if (!tls) return;
    const secureContext = createSecureContext(tls);
    socket.on("readable", function startTls() {
      if (socket.read(SSL_REQUEST_LENGTH) === null) return;
      socket.off("readable", startTls);
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      secured.on("error", () => undefined);
      logIn(secured, responses, passwords, () => serve(secured, commands, answer));
    });
  });
  const { port } = await listenUntilTestFinished(server);
  return {
    port,
    responses,
    passwords,
    commands,
    get connects() {
      return connects;
    },
  };
}

/** Takes whole packets, since so short ones come in one piece each. */
function logIn(socket: TLSSocket, responses: Buffer[], passwords: Buffer[], done: () => void): void {
  socket.once("data", (response: Buffer) => {
    responses.push(response);
    socket.write(packet(sequenceOf(response) + 1, Buffer.from("\xfemysql_clear_password\0", "latin1")));
    socket.once("data", (answer: Buffer) => {
      passwords.push(answer.subarray(HEADER_LENGTH));
      socket.write(packet(sequenceOf(answer) + 1, ok(AUTOCOMMIT)));
      done();
    });
  });
}

function serve(socket: TLSSocket, commands: string[], answer: Answer): void {
  socket.on("data", (bytes: Buffer) => {
    const kind = bytes.readUInt8(HEADER_LENGTH);
    const command =
      kind === COM_QUERY ? bytes.toString("utf8", HEADER_LENGTH + 1) : (NAMES.get(kind) ?? `command ${kind}`);
    commands.push(command);
    if (kind === COM_QUIT) return socket.destroy();
    const answered = answer(command);
    if (answered === undefined) return;
    socket.write(packet(1, typeof answered === "number" ? ok(answered) : err(answered)));
  });
}

function ok(status: number): Buffer {
  return Buffer.from([0, 0, 0, status & 0xff, status >> 8, 0, 0]);
}

function err({ errno, message }: { readonly errno: number; readonly message: string }): Buffer {
  return Buffer.from([0xff, errno & 0xff, errno >> 8, ...Buffer.from(`#HY000${message}`)]);
}

function greeting(hasTls: boolean): Buffer {
  const capabilities =
    PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | MULTI_FACTOR_AUTHENTICATION | (hasTls ? SSL : 0);
  const fixed = Buffer.alloc(31);
  fixed.writeUInt32LE(1, 0);
  fixed.write(SCRAMBLE, 4, 8, "latin1");
  fixed.writeUInt16LE(capabilities & 0xffff, 13);
  fixed.writeUInt16LE(AUTOCOMMIT, 16);
  fixed.writeUInt16LE(capabilities >>> 16, 18);
  fixed.writeUInt8(21, 20);
  return packet(
    0,
    Buffer.concat([
      Buffer.from("\n8.0.0-stub\0"),
      fixed,
      Buffer.from(`${SCRAMBLE.slice(8)}\0mysql_native_password\0`),
    ]),
  );
}

function packet(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUIntLE(payload.length, 0, 3);
  header.writeUInt8(sequence, 3);
  return Buffer.concat([header, payload]);
}

function sequenceOf(bytes: Buffer): number {
  return bytes.readUInt8(3);
}
