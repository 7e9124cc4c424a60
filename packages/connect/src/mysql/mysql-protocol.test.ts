import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { resolveOptions } from "@rds-proxy/core/adapter";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Listener } from "../listener/listener.js";
import { encodeGreeting } from "./greeting.js";
import { MysqlProtocol } from "./mysql-protocol.js";
import { capability, encodeError, withState } from "./packets.js";

const GREETING = encodeGreeting({
  version: Buffer.from("8.4.0"),
  connectionId: Buffer.alloc(4),
  scramble: Buffer.alloc(20, 1),
  capabilities: capability.protocol41 | capability.ssl | capability.secureConnection | capability.pluginAuth,
  charset: 45,
  status: Buffer.alloc(2),
  reserved: Buffer.alloc(10),
  plugin: "caching_sha2_password",
});

/** A client without a password. */
function responseWith(flags: number): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(flags);
  return Buffer.concat([head, Buffer.from("app\0\0")]);
}

function packet(sequence: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([payload.length, 0, 0, sequence]), payload]);
}

let server: Server;
let listener: Listener;
let port: number;
/** What the server sends first. It closes the connection when it gets an answer. */
let first: Buffer;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.destroy());
    socket.write(first);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const options = resolveOptions(
    {
      host: "127.0.0.1",
      port: typeof address === "object" && address !== null ? address.port : 0,
      user: "app",
      region: "eu-west-1",
      credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" },
      retry: { maxAttempts: 1 },
    },
    "mysql",
  );
  listener = new Listener(new MysqlProtocol(options, undefined), () => undefined);
  port = (await listener.listen({ host: "127.0.0.1", port: 0 })) ?? 0;
});
afterEach(async () => {
  await listener.close();
  server.close();
});

/** The packets until the listener closes; the client answers the first one. */
async function packets(answer: Buffer): Promise<Buffer[]> {
  const socket = connect(port, "127.0.0.1");
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => {
    if (received.push(chunk) === 1) socket.write(answer);
  });
  await once(socket, "close");
  return received;
}

test("an error before the greeting has a server's number and no SQLSTATE", async () => {
  const closed = once(server, "close");
  server.close();
  await closed;
  const [refusal = Buffer.alloc(0)] = await packets(Buffer.alloc(0));
  expect(refusal[3]).toBe(0);
  expect(refusal.readUInt16LE(5)).toBe(1105);
  expect(refusal.toString("utf8", 7)).toMatch(/^Could not connect to app@127\.0\.0\.1/);
});

test.each(["Too many connections", "#08004Too many connections"])(
  "the server's own error before its greeting is passed on as it is: %s",
  async (text) => {
    const error = packet(0, Buffer.concat([Buffer.from([0xff, 0x10, 0x04]), Buffer.from(text)]));
    first = error;
    expect(await packets(Buffer.alloc(0))).toEqual([error]);
  },
);

test("an error after the greeting has an SQLSTATE", async () => {
  first = packet(0, GREETING);
  const flags = capability.protocol41 | capability.secureConnection;
  const [, refusal = Buffer.alloc(0)] = await packets(packet(1, responseWith(flags)));
  expect(refusal[3]).toBe(2);
  expect(refusal.readUInt16LE(5)).toBe(1105);
  expect(refusal.toString("utf8", 7)).toMatch(/^#HY000Could not connect to app@127\.0\.0\.1/);
});

test("an error for a client without protocol 4.1 has none", async () => {
  first = packet(0, GREETING);
  const [, refusal] = await packets(packet(1, responseWith(1)));
  expect(refusal).toEqual(packet(2, encodeError(1043, undefined, "Bad handshake")));
});

test("an error that a server sent instead of its greeting gets an SQLSTATE for a client that has been greeted", () => {
  expect(withState(encodeError(1040, undefined, "Too many"))).toEqual(encodeError(1040, "HY000", "Too many"));
  expect(withState(encodeError(1040, "08004", "Too many"))).toEqual(encodeError(1040, "08004", "Too many"));
});
