import type { Backend } from "../backend/backend.js";
import type { BackendPool, BorrowRequest } from "../backend/backend-pool.js";
import { openBackend, runProxyStatement } from "../backend/open-backend.js";
import type { UpstreamSecret } from "../backend/upstream-connection.js";
import { ConnectionGone } from "../bytes/byte-reader.js";
import type { ClientSocket } from "../client/client-socket.js";
import type { ClientProtocol, PasswordLogin, SessionContext, SessionRelay } from "../engine.js";
import type { LoginStage } from "../faults/faults.js";
import { loginMethodOf } from "../login/authenticate.js";
import type { ResolvedOptions } from "../options/options.js";
import type { ProxyState } from "../proxy-state.js";
import { Refusal } from "../refusal.js";
import { Relay } from "../relay/relay.js";
import { receivePassword, receiveText } from "./client-password.js";
import { PostgresConversation } from "./conversation.js";
import { headerLength, MessageSplitter, type TypedPiece } from "./message-splitter.js";
import { encodeFatalError, encodeMessage, encodeReady, int32, protocolVersion } from "./messages.js";
import { encodeBackendKey } from "./protocol-version.js";
import { ProxyQuery } from "./proxy-query.js";
import {
  databaseError,
  iamExpected,
  iamNotConfigured,
  isUnavailable,
  passwordWrong,
  protocolViolation,
  refusedLogins,
} from "./refusals.js";
import { PostgresSessionState } from "./session-state.js";
import { checkStartup, readFirstMessage, type StartupRequest } from "./startup.js";
import { logInUpstream } from "./upstream-login.js";

// The type of a TLS record with a ClientHello, see RFC 8446, 5.1. No request of PostgreSQL begins with it.
const tlsHandshake = 0x16;

const nothingSent =
  "The client sent nothing. This endpoint speaks PostgreSQL; a MySQL client would wait for the server to begin";

const authenticationOk = encodeMessage("R", int32(0));
const failedOver = new Refusal("57P01", "terminating connection due to administrator command");

/** One client's side of PostgreSQL's protocol, version 3.0 or, if options say so, 3.2. */
export class PostgresClientProtocol implements ClientProtocol {
  readonly refusals: ClientProtocol["refusals"] = refusedLogins;
  readonly modeRefusals: ClientProtocol["modeRefusals"] = { passwordWrong, iamExpected, iamNotConfigured };
  readonly #client: ClientSocket;
  readonly #connection: number;
  readonly #proxy: ProxyState;
  readonly #pool: BackendPool<Backend<TypedPiece>>;
  #parameters: ReadonlyMap<string, string> = new Map();
  #protocolVersion = protocolVersion;

  constructor(
    client: ClientSocket,
    connection: number,
    proxy: ProxyState,
    pool: BackendPool<Backend<TypedPiece>>,
  ) {
    this.#client = client;
    this.#connection = connection;
    this.#proxy = proxy;
    this.#pool = pool;
  }

  async receiveLogin(passStage: (stage: LoginStage) => Promise<void>): Promise<PasswordLogin> {
    await passStage("on-accept");
    const { options } = this.#proxy;
    const { user, parameters, protocol } = await this.#receiveStartup(passStage);
    this.#protocolVersion = protocol.version;
    if (protocol.negotiation) await this.#client.write(protocol.negotiation);
    const database = options.upstream.database ?? user;
    this.#parameters = new Map([["database", database], ...parameters]);
    await passStage("after-startup");
    const password = options.secrets.get(user)?.password ?? "";
    const proof =
      loginMethodOf(user, options) === "iam"
        ? await receiveText(this.#client)
        : await receivePassword(this.#client, user, password, options.postgres.clientPasswordAuthType);
    await passStage("after-password");
    return { user, proof };
  }

  upstreamRefused(error: Refusal): Refusal {
    return databaseError(error.message);
  }

  upstreamFailed(text: string): Refusal {
    return databaseError(text);
  }

  encodeRefusal({ sqlState, message }: Refusal): Buffer {
    return encodeFatalError(sqlState, message);
  }

  createRelay(session: SessionContext): SessionRelay {
    const conversation = new PostgresConversation();
    const { syntax } = conversation;
    return new Relay({
      client: this.#client,
      pool: this.#pool,
      conversation,
      state: new PostgresSessionState(this.#request(session.secret), conversation, this.#proxy.options),
      connection: this.#connection,
      proxy: this.#proxy,
      session,
      encodeWelcome: (greeting) => {
        syntax.noteGreeting(greeting);
        return this.#encodeWelcome(greeting);
      },
      failedOver,
    });
  }

  /**
   * AWS documents user, database and search_path as the key of shared connections. Here it contains all startup
   * parameters, since a backend gets them at its login.
   */
  #request(secret: UpstreamSecret): BorrowRequest<Backend<TypedPiece>> {
    const parameters = this.#parameters;
    const names = [...parameters].map(([name, value]) => [name.toLowerCase(), value] as const);
    const key = JSON.stringify([secret.user, ...names.sort(([one], [other]) => (one < other ? -1 : 1))]);
    const { initQuery } = this.#proxy.options;
    const opening = {
      key,
      logIn: (upstream: Parameters<typeof logInUpstream>[0]) =>
        logInUpstream(upstream, { ...secret, parameters }),
      createReplySplitter: () => new MessageSplitter(),
      isError: ({ type }: TypedPiece) => type === "E",
      // Without a ReadyForQuery behind it, a fatal error leaves the request open, and the backend with its borrower.
      endsSession: () => false,
      isUnavailable,
      async prepare(backend: Backend<TypedPiece>): Promise<void> {
        if (initQuery === undefined) return;
        const { parameterStatus } = await runProxyStatement(backend, new ProxyQuery(initQuery));
        backend.greeting = Buffer.concat([backend.greeting, parameterStatus]);
      },
    };
    return { key, open: (timeoutMs, signal) => openBackend(this.#proxy, opening, timeoutMs, signal) };
  }

  #encodeWelcome(greeting: Buffer): Buffer {
    const { parameterStatus, sendsBackendKey } = this.#proxy.options.postgres;
    const settings = parameterStatus === undefined ? [greeting] : chosenSettings(parameterStatus, greeting);
    return Buffer.concat([
      authenticationOk,
      ...settings,
      ...(sendsBackendKey ? [encodeBackendKey(this.#protocolVersion)] : []),
      encodeReady("I"),
    ]);
  }

  async #receiveStartup(passStage: (stage: LoginStage) => Promise<void>): Promise<StartupRequest> {
    const client = this.#client;
    const firstByte = await client.peek();
    if (firstByte === undefined) throw new ConnectionGone(nothingSent);
    if (this.#proxy.options.postgres.directTls && firstByte === tlsHandshake) {
      await passStage("before-tls-reply");
      await client.startTls(this.#proxy, { alpn: "postgresql" });
      await passStage("after-tls");
    }
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
      await client.startTls(this.#proxy, { goAhead: Buffer.from("S") });
      await passStage("after-tls");
    }
  }
}

/** The ParameterStatus messages of the option; for `true` those of the server's greeting, which has the last one of a name. */
function chosenSettings(
  chosen: NonNullable<ResolvedOptions["postgres"]["parameterStatus"]>,
  greeting: Buffer,
): Buffer[] {
  const ofServer = new Map<string, Buffer>();
  for (const { bytes } of new MessageSplitter().split(greeting)) {
    ofServer.set(bytes.toString("utf8", headerLength).split("\0", 1)[0] ?? "", bytes);
  }
  return Object.entries(chosen).flatMap(([name, value]) =>
    value === true ? (ofServer.get(name) ?? []) : encodeMessage("S", `${name}\0${value}\0`),
  );
}
