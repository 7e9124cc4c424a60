import { randomBytes, randomInt } from "node:crypto";
import type { ClientSocket } from "../client-socket.js";
import type {
  ClientProtocol,
  PasswordLogin,
  SessionRelay,
  UpstreamSecret,
  UpstreamSession,
} from "../engine.js";
import type { LoginStage } from "../faults.js";
import type { ProxyState } from "../proxy-state.js";
import type { Refusal } from "../refusal.js";
import { Relay } from "../relay.js";
import type { Upstream } from "../upstream.js";
import { hasCapability, offeredCapabilities } from "./capabilities.js";
import { MysqlConversation } from "./conversation.js";
import { encodeGreeting } from "./greeting.js";
import { command, encodeCommand, encodeError, marker } from "./messages.js";
import { MalformedPacket } from "./payload-reader.js";
import { BrokenLogin, LoginPackets } from "./read-message.js";
import {
  accessDenied,
  authenticationTooOld,
  badHandshake,
  refusedLogins,
  tlsRequired,
  unknownError,
} from "./refusals.js";
import { decodeStartup, decodeStartupRequest, type Startup } from "./startup.js";
import type { UpstreamGreeting } from "./upstream-greeting.js";
import { logInUpstream } from "./upstream-login.js";

const quit = encodeCommand(command.quit);

/** MySQL's protocol, version 10, with one client. */
export class MysqlClientProtocol implements ClientProtocol {
  readonly refusals: ClientProtocol["refusals"] = refusedLogins;
  readonly #client: ClientSocket;
  readonly #connection: number;
  readonly #proxy: ProxyState;
  readonly #upstreamGreeting: UpstreamGreeting;
  readonly #packets: LoginPackets;
  #startup: Startup | undefined;

  constructor(
    client: ClientSocket,
    connection: number,
    proxy: ProxyState,
    upstreamGreeting: UpstreamGreeting,
  ) {
    this.#client = client;
    this.#connection = connection;
    this.#proxy = proxy;
    this.#upstreamGreeting = upstreamGreeting;
    this.#packets = new LoginPackets(client);
  }

  async receiveLogin(passStage: (stage: LoginStage) => Promise<void>): Promise<PasswordLogin> {
    try {
      await passStage("on-accept");
      const offered = await this.#greet();
      const startup = await this.#receiveStartup(offered, passStage);
      this.#startup = startup;
      await passStage("after-startup");
      await this.#client.write(this.#packets.encode(Buffer.from([marker.eof]), "mysql_clear_password\0\0"));
      const password = await this.#packets.read();
      await passStage("after-password");
      return { user: startup.user, password: password.toString("utf8").replace(/\0$/, "") };
    } catch (error) {
      throw error instanceof MalformedPacket || error instanceof BrokenLogin ? badHandshake() : error;
    }
  }

  async logInUpstream(upstream: Upstream, secret: UpstreamSecret): Promise<UpstreamSession> {
    const { ok, cancel } = await logInUpstream(upstream, secret, this.#received());
    return { welcome: this.#packets.encode(ok), farewell: quit, cancel };
  }

  upstreamFailed(): Refusal {
    return unknownError();
  }

  encodeRefusal({ errno = unknownError().errno ?? 0, sqlState, message }: Refusal): Buffer {
    return encodeError(this.#packets.sequence, { errno, sqlState, text: message });
  }

  createRelay(upstream: Upstream): SessionRelay {
    const conversation = new MysqlConversation(this.#received().capabilities);
    return new Relay(this.#client, upstream, conversation, this.#connection, this.#proxy);
  }

  /** Sends the greeting, and returns the capabilities that it offers. */
  async #greet(): Promise<bigint> {
    const { mysql } = this.#proxy.options;
    const traits = await this.#upstreamGreeting.traits();
    const capabilities = offeredCapabilities(traits.capabilities, mysql.withheldCapabilities);
    const greeting = {
      ...traits,
      serverVersion: mysql.serverVersion ?? traits.serverVersion,
      authPlugin: mysql.authPlugin,
      capabilities,
      scramble: randomScramble(),
      // A number of the proxy's own, too high to be that of somebody's session for KILL.
      connectionId: randomInt(2 ** 30, 2 ** 31),
    };
    await this.#client.write(this.#packets.encode(encodeGreeting(greeting)));
    return capabilities;
  }

  async #receiveStartup(offered: bigint, passStage: (stage: LoginStage) => Promise<void>): Promise<Startup> {
    let payload = await this.#packets.read();
    if (hasCapability(decodeStartupRequest(payload).capabilities, "SSL")) {
      await passStage("before-tls-reply");
      await this.#client.startTls(this.#proxy.secureContext);
      await passStage("after-tls");
      payload = await this.#packets.read();
    }
    const { capabilities } = decodeStartupRequest(payload);
    if (!hasCapability(capabilities, "PROTOCOL_41")) throw badHandshake();
    const startup = decodeStartup(payload);
    if (!this.#client.isEncrypted) {
      // Without TLS nobody gets as far as a token, and IAM's failures look alike.
      throw this.#proxy.options.requireTls ? tlsRequired() : accessDenied(startup.user);
    }
    if (!hasCapability(capabilities, "PLUGIN_AUTH")) throw authenticationTooOld();
    return { ...startup, capabilities: capabilities & offered };
  }

  #received(): Startup {
    if (this.#startup === undefined) throw new Error("the client has not been received");
    return this.#startup;
  }
}

// Clients take it for a text that ends with NUL.
function randomScramble(): Buffer {
  return Buffer.from(randomBytes(20).map((byte) => (byte % 127) + 1));
}
