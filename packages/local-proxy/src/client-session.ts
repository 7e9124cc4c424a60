import type { ClientSocket } from "./client-socket.js";
import type { ClientProtocol, Engine, SessionRelay } from "./engine.js";
import type { KillManner } from "./faults.js";
import { type LoggedIn, logIn } from "./log-in.js";
import type { ProxyState } from "./proxy-state.js";
import { Refusal } from "./refusal.js";
import type { RelayEnd } from "./relay-end.js";

/** What ends a session from outside. */
type Stop = KillManner | "stop";

/** One client from its accepted connection to the end, whatever the engine. */
export class ClientSession {
  /** Resolves when its sockets, the client's and the database's, are closed. Never rejects. */
  readonly ended: Promise<void>;
  readonly #client: ClientSocket;
  readonly #id: number;
  readonly #proxy: ProxyState;
  readonly #protocol: ClientProtocol;
  readonly #stopped = Promise.withResolvers<Stop>();
  #relay: SessionRelay | undefined;

  /** `id` counts connections from 1. */
  constructor(client: ClientSocket, id: number, proxy: ProxyState, engine: Engine) {
    this.#client = client;
    this.#id = id;
    this.#proxy = proxy;
    this.#protocol = engine.accept(client, id, proxy);
    this.ended = this.#serve();
  }

  /** Ends it if it is logged in, and says whether it was. */
  kill(manner: KillManner): boolean {
    if (this.#relay === undefined) return false;
    this.#stopped.resolve(manner);
    return true;
  }

  /** Goes silent if it is logged in, and says whether it was. */
  silence(): boolean {
    this.#relay?.silence();
    return this.#relay !== undefined;
  }

  /** Ends it for good, with the database session and a statement that runs there. */
  stop(): void {
    this.#stopped.resolve("stop");
    this.#client.destroy();
  }

  async #serve(): Promise<void> {
    this.#log(`A new client connected from ${this.#client.peer}.`);
    try {
      const fault = this.#proxy.faults.ofConnects.take();
      const log = (line: string): void => this.#log(line);
      await this.#relayFor(await logIn(this.#client, this.#protocol, this.#proxy, fault, log));
    } catch (error) {
      await this.#endFailed(error);
    }
    await this.#client.closed;
    this.#log("The client connection closed.");
  }

  async #relayFor({ upstream, session, slot }: LoggedIn): Promise<void> {
    const { counters } = this.#proxy;
    let clientEnded: Promise<void> | undefined;
    counters.databaseConnections += 1;
    try {
      const relay = this.#protocol.createRelay(upstream);
      this.#relay = relay;
      counters.clientConnectionsSetupSucceeded += 1;
      await this.#client.write(session.welcome);
      const end = await relay.run(this.#stopped.promise);
      this.#relay = undefined;
      const { isAnswered } = relay;
      if (end === "stop" && !isAnswered) await session.cancel();
      const isOrderly = isAnswered || end === "stop" || end === "reply-lost";
      // A client that is slow to leave, or frozen, does not keep the database session from the next one.
      clientEnded = this.#endClient(end, relay);
      await (isOrderly ? upstream.terminate(session.farewell) : upstream.destroy());
    } finally {
      this.#relay = undefined;
      await upstream.destroy();
      counters.databaseConnections -= 1;
      slot.giveBack();
    }
    await clientEnded;
  }

  async #endClient(end: RelayEnd | Stop, relay: SessionRelay): Promise<void> {
    switch (end) {
      case "rst":
      case "reply-lost":
      case "database-reset":
        return await this.#client.reset();
      case "stop":
        return this.#client.destroy();
      case "admin-shutdown":
      case "client-broke-protocol":
        return await this.#client.end(relay.lastWords(end));
      case "fin":
      case "client-left":
      case "client-terminated":
      case "database-closed":
        return await this.#client.end();
      default:
        end satisfies never;
    }
  }

  async #endFailed(error: unknown): Promise<void> {
    if (!(error instanceof Refusal)) return this.#client.destroy();
    if (isAuthFailure(error)) this.#proxy.counters.clientConnectionsSetupFailedAuth += 1;
    const code = error.errno === undefined ? error.sqlState : `${error.errno} (${error.sqlState})`;
    this.#log(`The client connection was refused. Reason: ${code} ${error.message}`);
    await this.#client.end(this.#protocol.encodeRefusal(error));
  }

  #log(line: string): void {
    this.#proxy.options.log(`[INFO] [proxyEndpoint=default] [clientConnection=${this.#id}] ${line}`);
  }
}

// MySQL's way to say that TLS is missing has no SQLSTATE of its own.
const tlsRequiredErrno = 3159;

function isAuthFailure({ sqlState, errno }: Refusal): boolean {
  return sqlState.startsWith("28") || errno === tlsRequiredErrno;
}
