import { randomBytes, timingSafeEqual } from "node:crypto";
import { Refusal } from "../client/client.js";
import { type Greeting, SCRAMBLE_LENGTH } from "./greeting.js";
import { decodeHandshakeResponse, flagsOf, type HandshakeResponse, has } from "./handshake-response.js";
import {
  capability,
  encodeError,
  type LoginPackets,
  MalformedPacket,
  marker,
  PacketOutOfOrder,
} from "./packets.js";
import { CACHING_SHA2, NATIVE, proofOf } from "./passwords.js";

/** caching_sha2_password's answer to a right proof, ahead of OK. */
const FAST_OK = Buffer.from([marker.more, 3]);

/** Numbers of the server's errors. */
const BAD_HANDSHAKE = 1043;
const OUT_OF_ORDER = 1156;

/** Length of an SSLRequest, which is the beginning of a HandshakeResponse. */
const SSL_REQUEST_LENGTH = 32;

/** The client's side of a login until its password has been checked. */
export class ClientLogin {
  readonly #packets: LoginPackets;
  /** Without NUL bytes: clients read it as a text that ends with NUL. */
  readonly #scramble = Buffer.from(randomBytes(SCRAMBLE_LENGTH).map((byte) => (byte % 127) + 1));

  constructor(packets: LoginPackets) {
    this.#packets = packets;
  }

  /**
   * The server's greeting with a challenge of the listener's, and without what only the listener's own login needs. The method
   * in it works in clear text: the listener knows the password, so that no client has to send it.
   */
  greet(greeting: Greeting): Greeting {
    const capabilities = (greeting.capabilities & ~(capability.ssl | capability.multiFactor)) >>> 0;
    return { ...greeting, scramble: this.#scramble, capabilities, plugin: CACHING_SHA2 };
  }

  /** @throws Refusal */
  async receive(): Promise<HandshakeResponse> {
    try {
      const payload = await this.#packets.read();
      const flags = flagsOf(payload);
      if (has(flags, "ssl") && payload.length === SSL_REQUEST_LENGTH) {
        throw this.#refusal(
          "rds-proxy-connect is on this machine and has no TLS: set --ssl-mode=DISABLED, or --skip-ssl for MariaDB's programs",
          "A client was refused: it asked for TLS. The listener is on this machine and has none.",
        );
      }
      if (!has(flags, "protocol41")) {
        throw new Refusal(
          this.#packets.encode(encodeError(BAD_HANDSHAKE, undefined, "Bad handshake")),
          "A client was refused: it is older than MySQL 4.1.",
        );
      }
      return decodeHandshakeResponse(payload);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /**
   * Checks a client's proof of the password, by caching_sha2_password or mysql_native_password.
   *
   * @param password undefined if clients need none
   * @throws Refusal
   */
  async check(
    { plugin = NATIVE, answer, user }: HandshakeResponse,
    password: string | undefined,
  ): Promise<void> {
    try {
      let method = plugin;
      let proof = answer;
      if (password !== undefined && (answer.length === 0 || !isKnown(method))) {
        method = isKnown(method) ? method : CACHING_SHA2;
        this.#packets.write(Buffer.from([marker.switch]), `${method}\0`, this.#scramble, "\0");
        proof = await this.#packets.read();
      }
      if (password !== undefined && !(isKnown(method) && this.#isRight(proof, password, method))) {
        throw accessDenied(this.#packets, user, proof.length > 0);
      }
      if (method === CACHING_SHA2 && proof.length > 0) this.#packets.write(FAST_OK);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #isRight(proof: Buffer, password: string, method: Method): boolean {
    const expected = proofOf(password, this.#scramble, method);
    return proof.length === expected.length && timingSafeEqual(proof, expected);
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof MalformedPacket)) return error;
    const message = `A client was refused: its login is malformed (${error.message}).`;
    return error instanceof PacketOutOfOrder
      ? this.#refusal("Got packets out of order", message, OUT_OF_ORDER)
      : this.#refusal("Bad handshake", message);
  }

  #refusal(reply: string, message: string, errno: number = BAD_HANDSHAKE): Refusal {
    return new Refusal(this.#packets.encode(encodeError(errno, "08S01", reply)), message);
  }
}

type Method = typeof NATIVE | typeof CACHING_SHA2;

function isKnown(method: string): method is Method {
  return method === NATIVE || method === CACHING_SHA2;
}

function accessDenied(packets: LoginPackets, user: Buffer, hasPassword: boolean): Refusal {
  const text =
    `Access denied for user '${user}' (using password: ${hasPassword ? "YES" : "NO"}): ` +
    "the password is the one of rds-proxy-connect, not that of the database";
  return new Refusal(
    packets.encode(encodeError(1045, "28000", text)),
    "A client was refused: it does not know the listener's password.",
  );
}
