import { randomBytes, randomInt } from "node:crypto";
import type { Backend } from "../backend/backend.js";
import type { BackendPool } from "../backend/backend-pool.js";
import type { ClientSocket } from "../client/client-socket.js";
import type { ClientProtocol, PasswordLogin, SessionContext, SessionRelay } from "../engine.js";
import type { LoginStage } from "../faults/faults.js";
import { loginMethodOf } from "../login/authenticate.js";
import { hasCapability, offeredCapabilities } from "../options/mysql-capabilities.js";
import type { ProxyState } from "../proxy-state.js";
import { Refusal } from "../refusal.js";
import { Relay } from "../relay/relay.js";
import { fastAuthenticationOk, isAnswerRight } from "./client-password.js";
import { MysqlConversation } from "./conversation.js";
import { encodeGreeting } from "./greeting.js";
import { BrokenLogin, LoginPackets } from "./login-packets.js";
import type { PacketPiece } from "./message-splitter.js";
import { encodeError, marker } from "./messages.js";
import { MalformedPacket } from "./payload-reader.js";
import {
  accessDenied,
  authenticationTooOld,
  badHandshake,
  borrowTimedOut,
  isAccessDenied,
  isFull,
  refusedLogins,
  tlsRequired,
  toServerError,
  unknownError,
} from "./refusals.js";
import { MysqlSessionState } from "./session-state.js";
import { decodeStartup, decodeStartupRequest, type Startup } from "./startup.js";
import type { UpstreamGreeting } from "./upstream-greeting.js";

// Source of the text: MySQL's source.
const failedOver = new Refusal("08S01", "Server shutdown in progress", 1053);

/** One client's side of MySQL's protocol, version 10. */
export class MysqlClientProtocol implements ClientProtocol {
  readonly refusals: ClientProtocol["refusals"] = refusedLogins;
  readonly modeRefusals: ClientProtocol["modeRefusals"] = {
    passwordWrong: accessDenied,
    iamExpected: accessDenied,
    iamNotConfigured: accessDenied,
  };
  readonly #client: ClientSocket;
  readonly #connection: number;
  readonly #proxy: ProxyState;
  readonly #upstreamGreeting: UpstreamGreeting;
  readonly #pool: BackendPool<Backend<PacketPiece>>;
  readonly #packets: LoginPackets;
  #startup: Startup | undefined;

  constructor(
    client: ClientSocket,
    connection: number,
    proxy: ProxyState,
    upstreamGreeting: UpstreamGreeting,
    pool: BackendPool<Backend<PacketPiece>>,
  ) {
    this.#client = client;
    this.#connection = connection;
    this.#proxy = proxy;
    this.#upstreamGreeting = upstreamGreeting;
    this.#pool = pool;
    this.#packets = new LoginPackets(client);
  }

  async receiveLogin(passStage: (stage: LoginStage) => Promise<void>): Promise<PasswordLogin> {
    try {
      await passStage("on-accept");
      const offered = await this.#greet();
      const startup = await this.#receiveStartup(offered, passStage);
      this.#startup = startup;
      await passStage("after-startup");
      const { user } = startup;
      const usesTokens = loginMethodOf(user, this.#proxy.options) === "iam";
      const proof = usesTokens ? await this.#receiveText() : await this.#receiveAnswer(user);
      await passStage("after-password");
      return { user, proof };
    } catch (error) {
      throw error instanceof MalformedPacket || error instanceof BrokenLogin ? badHandshake() : error;
    }
  }

  upstreamRefused(error: Refusal, user: string): Refusal {
    if (isAccessDenied(error)) return accessDenied(user);
    return isFull(error) ? borrowTimedOut() : error;
  }

  upstreamFailed(): Refusal {
    return unknownError();
  }

  encodeRefusal(refusal: Refusal): Buffer {
    return encodeError(this.#packets.sequence, toServerError(refusal));
  }

  createRelay(session: SessionContext): SessionRelay {
    const startup = this.#received();
    const proxy = this.#proxy;
    const form = {
      deprecatesEof: hasCapability(startup.capabilities, "DEPRECATE_EOF"),
      cachesMetadata: hasCapability(startup.capabilities, "CACHE_METADATA"),
    };
    const conversation = new MysqlConversation(form, proxy.options.targetRole === "read-only");
    return new Relay({
      client: this.#client,
      pool: this.#pool,
      conversation,
      state: new MysqlSessionState(session.secret, startup, form, conversation, proxy),
      connection: this.#connection,
      proxy,
      session,
      encodeWelcome: (greeting) => this.#packets.encode(greeting),
      failedOver,
    });
  }

  /** Requests the password in clear text, the form in which clients send a token. */
  async #receiveText(): Promise<PasswordLogin["proof"]> {
    await this.#client.write(this.#packets.encode(Buffer.from([marker.eof]), "mysql_clear_password\0\0"));
    const password = await this.#packets.read();
    return { kind: "text", text: password.toString("utf8").replace(/\0$/, "") };
  }

  /** Requests a proof of the password by the method of the greeting. */
  async #receiveAnswer(user: string): Promise<PasswordLogin["proof"]> {
    const { mysql, secrets } = this.#proxy.options;
    const scramble = randomScramble();
    const request = [Buffer.from([marker.eof]), `${mysql.authPlugin}\0`, scramble, "\0"];
    await this.#client.write(this.#packets.encode(...request));
    const answer = await this.#packets.read();
    const isRight = isAnswerRight(answer, scramble, secrets.get(user)?.password ?? "", mysql.authPlugin);
    if (isRight && mysql.authPlugin === "caching_sha2_password" && answer.length > 0) {
      await this.#client.write(this.#packets.encode(fastAuthenticationOk));
    }
    return { kind: "checked", isRight };
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
      // A random number, too high for the id of a real session, so that KILL cannot hit one.
      connectionId: randomInt(2 ** 30, 2 ** 31),
    };
    await this.#client.write(this.#packets.encode(encodeGreeting(greeting)));
    return capabilities;
  }

  async #receiveStartup(offered: bigint, passStage: (stage: LoginStage) => Promise<void>): Promise<Startup> {
    let payload = await this.#packets.read();
    if (hasCapability(decodeStartupRequest(payload).capabilities, "SSL")) {
      await passStage("before-tls-reply");
      await this.#client.startTls(this.#proxy);
      await passStage("after-tls");
      payload = await this.#packets.read();
    }
    const { capabilities } = decodeStartupRequest(payload);
    if (!hasCapability(capabilities, "PROTOCOL_41")) throw badHandshake();
    const startup = decodeStartup(payload);
    if (!this.#client.isEncrypted) this.#checkUnencrypted(startup.user);
    if (!hasCapability(capabilities, "PLUGIN_AUTH")) throw authenticationTooOld();
    return { ...startup, capabilities: capabilities & offered };
  }

  #checkUnencrypted(user: string): void {
    const { options } = this.#proxy;
    if (options.requireTls) throw tlsRequired();
    // An IAM login needs TLS. RDS Proxy has the same error for all failed IAM logins.
    if (loginMethodOf(user, options) === "iam") throw accessDenied(user);
    // Source: "Limitations for RDS Proxy" in the Amazon RDS User Guide.
    if (options.mysql.authPlugin === "caching_sha2_password") throw tlsRequired();
  }

  #received(): Startup {
    if (this.#startup === undefined) throw new Error("createRelay() was called before receiveLogin()");
    return this.#startup;
  }
}

// Without NUL bytes: clients read it as a string that ends with NUL.
function randomScramble(): Buffer {
  return Buffer.from(randomBytes(20).map((byte) => (byte % 127) + 1));
}
