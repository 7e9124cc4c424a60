import { PassThrough } from "node:stream";
import { ByteReader } from "../../../packages/connect/src/byte-reader.js";
import { Refusal } from "../../../packages/connect/src/client/client.js";
import { ClientLogin } from "../../../packages/connect/src/mysql/client-login.js";
import { decodeGreeting, encodeGreeting } from "../../../packages/connect/src/mysql/greeting.js";
import {
  encodeUpstreamResponse,
  ownResponse,
} from "../../../packages/connect/src/mysql/handshake-response.js";
import {
  LoginPackets,
  MalformedPacket,
  serverError as mysqlError,
  withState,
} from "../../../packages/connect/src/mysql/packets.js";
import {
  encodeMessage,
  MessageTooLong,
  serverError as postgresError,
  readMessage,
} from "../../../packages/connect/src/postgres/messages.js";
import { deriveScramSecret, ScramError, ScramServer } from "../../../packages/connect/src/postgres/scram.js";
import {
  encodeStartup,
  readFirstRequest,
  sslRequest,
} from "../../../packages/connect/src/postgres/startup.js";
import { rethrowUnless, type Target, texts } from "../target.js";

const covers = ["/connect/src/"] as const;

/** The input is over. */
class InputOver extends Error {}

function readerOf(input: Buffer): ByteReader {
  const stream = new PassThrough();
  stream.end(input);
  return new ByteReader(stream, () => new InputOver());
}

const { raw: startup } = encodeStartup({ user: "app", database: "shop" });
const secret = await deriveScramSecret("password");

const greeting = encodeGreeting({
  version: Buffer.from("8.0.36"),
  connectionId: Buffer.alloc(4),
  scramble: Buffer.alloc(20, 7),
  capabilities: 0xffff_ffff,
  charset: 45,
  status: Buffer.from([2, 0]),
  reserved: Buffer.alloc(10),
  plugin: "caching_sha2_password",
});

function mysqlLogin(plugin: string): Buffer {
  const { response } = encodeUpstreamResponse(ownResponse("app", "shop"), plugin, Buffer.alloc(20));
  return Buffer.concat([Buffer.from([response.length, 0, 0, 0]), response]);
}

/** How `connect` reads what clients and servers send during a login. */
export const connectTargets: readonly Target[] = [
  {
    name: "connect-postgres-client",
    covers,
    isLinear: true,
    seeds: [
      startup,
      Buffer.concat([sslRequest, startup]),
      Buffer.from("000000100 4d2162e00000001".replace(" ", ""), "hex"),
    ],
    async feed(input) {
      try {
        await readFirstRequest(readerOf(input), () => undefined);
      } catch (error) {
        rethrowUnless(error, InputOver);
      }
    },
  },
  {
    name: "connect-scram",
    covers,
    isLinear: true,
    seeds: texts(
      "n,,n=,r=abc\nc=biws,r=abc,p=AAAA",
      "y,a=app,m=x,n=app,r=abc,e\nc=eSxhPWFwcCw=,r=abc,p=AA==",
    ),
    feed(input) {
      const [first = "", final = ""] = input.toString("latin1").split("\n");
      const server = new ScramServer(secret);
      try {
        server.begin(first);
        if (server.end(final) !== undefined) throw new Error("a proof without the password was accepted");
      } catch (error) {
        rethrowUnless(error, ScramError);
      }
    },
  },
  {
    name: "connect-postgres-server",
    covers,
    isLinear: true,
    seeds: [
      encodeMessage("E", "SFATAL\0C28P01\0Mpassword authentication failed\0Rauth_failed\0\0"),
      encodeMessage("R", "\0\0\0\x03"),
    ],
    async feed(input) {
      try {
        const message = await readMessage(readerOf(input), 10_000);
        if (postgresError(message).raw !== message.raw) throw new Error("another message");
      } catch (error) {
        rethrowUnless(error, InputOver, MessageTooLong);
      }
    },
  },
  {
    name: "connect-mysql-client",
    covers,
    isLinear: true,
    seeds: [
      mysqlLogin("mysql_native_password"),
      mysqlLogin("caching_sha2_password"),
      mysqlLogin("sha256_password"),
    ],
    async feed(input) {
      const packets = new LoginPackets(readerOf(input), () => undefined, 2 ** 16);
      const login = new ClientLogin(packets);
      try {
        const response = await login.receive();
        encodeUpstreamResponse(response, "mysql_clear_password", Buffer.alloc(0));
        await login.check(response, "password");
        throw new Error("a proof without the password was accepted");
      } catch (error) {
        rethrowUnless(error, InputOver, Refusal);
      }
    },
  },
  {
    name: "connect-mysql-server",
    covers,
    isLinear: true,
    seeds: [
      greeting,
      Buffer.from("\xff\x15\x04#28000Access denied", "latin1"),
      Buffer.from("\xff\x10\x04Too many", "latin1"),
    ],
    feed(input) {
      try {
        mysqlError(withState(input));
        const decoded = decodeGreeting(input);
        const again = decodeGreeting(encodeGreeting(decoded));
        if (again.capabilities !== decoded.capabilities || !again.version.equals(decoded.version))
          throw new Error("encoded and decoded it is another greeting");
      } catch (error) {
        rethrowUnless(error, MalformedPacket);
      }
    },
  },
];
