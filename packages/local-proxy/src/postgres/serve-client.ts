import { randomInt } from "node:crypto";
import type { ClientSession, ProxyState } from "../client-session.js";
import type { ClientSocket } from "../client-socket.js";
import type { KillManner } from "../faults.js";
import { type LoggedIn, logIn } from "./log-in.js";
import { encodeFatalError, encodeMessage, int32 } from "./messages.js";
import { Refusal } from "./refusals.js";
import { Relay, type RelayEnd } from "./relay.js";

/** What ends a session from outside. */
type Stop = KillManner | "stop";

const authenticationOk = encodeMessage("R", int32(0));
const readyForQuery = encodeMessage("Z", "I");
const adminShutdown = encodeFatalError("57P01", "terminating connection due to administrator command");
const brokenFraming = encodeFatalError("08P01", "invalid message length");

/** Speaks PostgreSQL's protocol, version 3.0, with one client. */
export function servePostgresClient(client: ClientSocket, id: number, proxy: ProxyState): ClientSession {
  return new PostgresSession(client, id, proxy);
}

class PostgresSession implements ClientSession {
  readonly ended: Promise<void>;
  readonly #client: ClientSocket;
  readonly #id: number;
  readonly #proxy: ProxyState;
  readonly #stopped = Promise.withResolvers<Stop>();
  #relay: Relay | undefined;

  constructor(client: ClientSocket, id: number, proxy: ProxyState) {
    this.#client = client;
    this.#id = id;
    this.#proxy = proxy;
    this.ended = this.#serve();
  }

  kill(manner: KillManner): boolean {
    if (this.#relay === undefined) return false;
    this.#stopped.resolve(manner);
    return true;
  }

  silence(): boolean {
    this.#relay?.silence();
    return this.#relay !== undefined;
  }

  stop(): void {
    this.#stopped.resolve("stop");
    this.#client.destroy();
  }

  async #serve(): Promise<void> {
    this.#log(`A new client connected from ${this.#client.peer}.`);
    try {
      const fault = this.#proxy.faults.takeConnectFault();
      await this.#relayFor(await logIn(this.#client, this.#proxy, fault, (line) => this.#log(line)));
    } catch (error) {
      await this.#endFailed(error);
    }
    await this.#client.closed;
    this.#log("The client connection closed.");
  }

  async #relayFor({ upstream, greeting, slot }: LoggedIn): Promise<void> {
    const { counters } = this.#proxy;
    let clientEnded: Promise<void> | undefined;
    counters.databaseConnections += 1;
    try {
      this.#relay = new Relay(this.#client, upstream, this.#id, this.#proxy);
      counters.clientConnectionsSetupSucceeded += 1;
      await this.#client.write(Buffer.concat([authenticationOk, greeting, backendKey(), readyForQuery]));
      const end = await this.#relay.run(this.#stopped.promise);
      const { isAnswered, isBetweenReplies } = this.#relay;
      this.#relay = undefined;
      if (end === "stop" && !isAnswered) await upstream.cancel();
      const isOrderly = isAnswered || end === "stop" || end === "reply-lost";
      // A client that is slow to leave, or frozen, does not keep the database session from the next one.
      clientEnded = this.#endClient(end, isBetweenReplies);
      await (isOrderly ? upstream.terminate() : upstream.destroy());
    } finally {
      this.#relay = undefined;
      await upstream.destroy();
      counters.databaseConnections -= 1;
      slot.giveBack();
    }
    await clientEnded;
  }

  async #endClient(end: RelayEnd | Stop, mayHearMore: boolean): Promise<void> {
    switch (end) {
      case "rst":
      case "reply-lost":
      case "database-reset":
        return await this.#client.reset();
      case "stop":
        return this.#client.destroy();
      case "admin-shutdown":
        return await this.#client.end(mayHearMore ? adminShutdown : undefined);
      case "client-broke-protocol":
        return await this.#client.end(mayHearMore ? brokenFraming : undefined);
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
    if (error.sqlState.startsWith("28")) this.#proxy.counters.clientConnectionsSetupFailedAuth += 1;
    this.#log(`The client connection was refused. Reason: ${error.sqlState} ${error.message}`);
    await this.#client.end(error.encode());
  }

  #log(line: string): void {
    this.#proxy.options.log(`[INFO] [proxyEndpoint=default] [clientConnection=${this.#id}] ${line}`);
  }
}

// Numbers of the proxy's own. They name nothing, since RDS Proxy ignores cancel requests.
function backendKey(): Buffer {
  return encodeMessage("K", int32(randomInt(1, 2 ** 31)), int32(randomInt(2 ** 31)));
}
