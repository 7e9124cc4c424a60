import { randomInt } from "node:crypto";
import { ConnectionGone } from "../byte-reader.js";
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
import { PostgresConversation } from "./conversation.js";
import { encodeFatalError, encodeMessage, int32 } from "./messages.js";
import { readMessage } from "./read-message.js";
import { databaseError, protocolViolation, refusedLogins } from "./refusals.js";
import { checkStartup, readFirstMessage, type StartupRequest } from "./startup.js";
import { logInUpstream } from "./upstream-login.js";

const cleartextPasswordRequest = encodeMessage("R", int32(3));
const authenticationOk = encodeMessage("R", int32(0));
const readyForQuery = encodeMessage("Z", "I");
const terminate = encodeMessage("X");

/** PostgreSQL's protocol, version 3.0, with one client. */
export class PostgresClientProtocol implements ClientProtocol {
  readonly refusals: ClientProtocol["refusals"] = refusedLogins;
  readonly #client: ClientSocket;
  readonly #connection: number;
  readonly #proxy: ProxyState;
  #parameters: ReadonlyMap<string, string> = new Map();

  constructor(client: ClientSocket, connection: number, proxy: ProxyState) {
    this.#client = client;
    this.#connection = connection;
    this.#proxy = proxy;
  }

  async receiveLogin(passStage: (stage: LoginStage) => Promise<void>): Promise<PasswordLogin> {
    await passStage("on-accept");
    const { user, parameters } = await this.#receiveStartup(passStage);
    const database = this.#proxy.options.upstream.database ?? user;
    this.#parameters = new Map([["database", database], ...parameters]);
    await passStage("after-startup");
    await this.#client.write(cleartextPasswordRequest);
    const { type, body } = await readMessage(this.#client);
    if (type !== "p") throw protocolViolation(`expected password response, got message type ${type}`);
    await passStage("after-password");
    return { user, password: body.toString("utf8").replace(/\0$/, "") };
  }

  async logInUpstream(upstream: Upstream, secret: UpstreamSecret): Promise<UpstreamSession> {
    const { greeting, cancel } = await logInUpstream(upstream, { ...secret, parameters: this.#parameters });
    return {
      welcome: Buffer.concat([authenticationOk, greeting, backendKey(), readyForQuery]),
      farewell: terminate,
      cancel,
    };
  }

  upstreamFailed(text: string): Refusal {
    return databaseError(text);
  }

  encodeRefusal({ sqlState, message }: Refusal): Buffer {
    return encodeFatalError(sqlState, message);
  }

  createRelay(upstream: Upstream): SessionRelay {
    return new Relay(this.#client, upstream, new PostgresConversation(), this.#connection, this.#proxy);
  }

  async #receiveStartup(passStage: (stage: LoginStage) => Promise<void>): Promise<StartupRequest> {
    const client = this.#client;
    while (true) {
      const first = await readFirstMessage(client);
      if (first.kind === "cancel") throw new ConnectionGone("RDS Proxy ignores cancel requests");
      if (first.kind === "startup") {
        return checkStartup(first.version, first.parameters, client.isEncrypted, this.#proxy.options);
      }
      if (client.isEncrypted) throw protocolViolation("encryption requested twice");
      if (first.kind === "gss-encryption") {
        await client.write(Buffer.from("N"));
        continue;
      }
      await passStage("before-tls-reply");
      await client.startTls(this.#proxy.secureContext, Buffer.from("S"));
      await passStage("after-tls");
    }
  }
}

// Numbers of the proxy's own. They name nothing, since RDS Proxy ignores cancel requests.
function backendKey(): Buffer {
  return encodeMessage("K", int32(randomInt(1, 2 ** 31)), int32(randomInt(2 ** 31)));
}
