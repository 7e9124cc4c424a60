import type { TLSSocket } from "node:tls";
import { RdsProxyError } from "@rds-proxy/core";
import type { ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { Upstream } from "../upstream/upstream.js";
import { decodeGreeting, type Greeting, SCRAMBLE_LENGTH } from "./greeting.js";
import { encodeUpstreamResponse, type HandshakeResponse, has } from "./handshake-response.js";
import { LoginPackets, MalformedPacket, marker, PayloadReader, serverError } from "./packets.js";
import { CACHING_SHA2, NATIVE, proofOf } from "./passwords.js";

const CLEAR_PASSWORD = "mysql_clear_password";
const SHA256 = "sha256_password";

/** Answers of caching_sha2_password's server. */
const FAST_OK = 3;
const FULL_LOGIN = 4;

/** A login has at most a megabyte in all: see `Login`. */
const LONGEST_PACKET = 2 ** 20;

/** The error of a lost connection, with the code by which core knows it. */
export function connectionLost(): Error {
  return withCode("PROTOCOL_CONNECTION_LOST", "Connection lost: The server closed the connection.");
}

/** Connects, and reads the greeting. The connection is not encrypted yet. */
export async function dialAndGreet(upstream: Upstream): Promise<Greeting> {
  await upstream.dial();
  return await readAsServer(async () => {
    const payload = await packetsOf(upstream, 0).read();
    if (payload[0] === marker.error) throw serverError(payload);
    const greeting = decodeGreeting(payload);
    if (!has(greeting.capabilities, "ssl"))
      throw withCode("HANDSHAKE_NO_SSL_SUPPORT", "Server does not support secure connection");
    return greeting;
  });
}

/**
 * Logs in with the client's own flags.
 *
 * @returns the payload of the server's OK packet, and the connection
 */
export async function logInUpstream(
  upstream: Upstream,
  greeting: Greeting,
  client: HandshakeResponse,
  options: ResolvedRdsProxyOptions,
): Promise<{ ok: Buffer; socket: TLSSocket }> {
  const { secret } = options;
  // With a token, an empty proof: the server asks for the method that it needs.
  const method = greeting.plugin === CACHING_SHA2 ? CACHING_SHA2 : NATIVE;
  const proof = secret
    ? proofOf(await upstream.login.password(), greeting.scramble, method)
    : Buffer.alloc(0);
  const { sslRequest, response } = encodeUpstreamResponse(client, method, proof);
  packetsOf(upstream, 1).write(sslRequest);
  await upstream.secure();
  return await readAsServer(async () => {
    const packets = packetsOf(upstream, 2);
    packets.write(response);
    const ok = await new Authentication(upstream, packets, method, secret !== undefined).run();
    return { ok, socket: upstream.handOver() };
  });
}

function packetsOf(upstream: Upstream, sequence: number): LoginPackets {
  return new LoginPackets(
    upstream.reader,
    (bytes) => void upstream.socket.write(bytes),
    LONGEST_PACKET,
    sequence,
  );
}

/** Answers the server's requests after the HandshakeResponse, up to its OK. */
class Authentication {
  readonly #upstream: Upstream;
  readonly #packets: LoginPackets;
  readonly #isBySecret: boolean;
  #method: string;
  #isTokenSent = false;

  constructor(upstream: Upstream, packets: LoginPackets, method: string, isBySecret: boolean) {
    this.#upstream = upstream;
    this.#packets = packets;
    this.#method = method;
    this.#isBySecret = isBySecret;
  }

  /** @returns the payload of the OK packet */
  async run(): Promise<Buffer> {
    for (;;) {
      const payload = await this.#packets.read();
      switch (payload[0]) {
        case marker.ok:
          return payload;
        case marker.error:
          throw serverError(payload);
        case marker.switch:
          await this.#switch(payload);
          break;
        case marker.more:
          await this.#goOn(payload);
          break;
        case marker.nextFactor:
          throw refused("The server asks for a second factor, which this program does not know.");
        default:
          throw new MalformedPacket("an unknown packet");
      }
    }
  }

  async #switch(payload: Buffer): Promise<void> {
    // Of servers before 4.1: the hash of passwords with 16 bytes.
    if (payload.length === 1) throw unknownPlugin("mysql_old_password");
    const reader = new PayloadReader(payload.subarray(1));
    this.#method = reader.untilNul().toString("latin1");
    const scramble = reader.rest().subarray(0, SCRAMBLE_LENGTH);
    if (this.#method === CLEAR_PASSWORD) return await this.#sendToken();
    if (!this.#isBySecret) throw this.#proofAsked();
    if (this.#method === SHA256) return await this.#sendText();
    if (this.#method !== NATIVE && this.#method !== CACHING_SHA2) throw unknownPlugin(this.#method);
    this.#packets.write(proofOf(await this.#upstream.login.password(), scramble, this.#method));
  }

  /** More data of caching_sha2_password. */
  async #goOn(payload: Buffer): Promise<void> {
    if (!this.#isBySecret) throw this.#proofAsked();
    if (this.#method !== CACHING_SHA2) throw new MalformedPacket("an unknown answer of the method");
    if (payload[1] === FULL_LOGIN) return await this.#sendText();
    if (payload[1] !== FAST_OK) throw new MalformedPacket("an unknown answer of the method");
  }

  async #sendToken(): Promise<void> {
    if (this.#isBySecret) {
      throw refused(
        "The server asks for the password in clear text, as RDS Proxy does for IAM tokens: leave out --secret, or turn off " +
          "IAM authentication for this user at the proxy.",
      );
    }
    if (this.#isTokenSent)
      throw refused("The server asked for a second token in one login, which was ended.");
    this.#isTokenSent = true;
    await this.#sendText();
  }

  /** The password itself, with the NUL that ends it. The connection is encrypted, and the server verified. */
  async #sendText(): Promise<void> {
    this.#packets.write(`${await this.#upstream.login.password()}\0`);
  }

  #proofAsked(): Error {
    return refused(
      `The server asks for a proof of a password (${this.#method}) instead of an IAM token. Turn on IAM authentication for ` +
        "this user (at the proxy, or by AWSAuthenticationPlugin on an instance), or log in with the password of a secret: " +
        "--secret.",
    );
  }
}

/** Names what broke as a fault of the server, by the code by which core knows it. */
async function readAsServer<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof MalformedPacket)) throw error;
    throw withCode("PROTOCOL_UNEXPECTED_PACKET", `The server's answer is malformed: ${error.message}`, error);
  }
}

function withCode(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

function unknownPlugin(plugin: string): Error {
  return new Error(`Server requests authentication using unknown plugin ${plugin}.`);
}

function refused(message: string): Error {
  return new RdsProxyError("RDS_PROXY_REFUSED", message);
}
