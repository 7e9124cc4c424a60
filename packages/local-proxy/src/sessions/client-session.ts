import type { ClientSocket } from "../client/client-socket.js";
import type { ClientView } from "../client/client-view.js";
import type { ClientProtocol, Engine, SessionLog, SessionRelay } from "../engine.js";
import type { FailoverManner, KillManner } from "../faults/faults.js";
import { type LoggedIn, logIn } from "../login/log-in.js";
import type { ProxyState } from "../proxy-state.js";
import { describeRefusal, Refusal } from "../refusal.js";
import type { RelayEnd } from "../relay/relay-end.js";

/** Why the proxy ends a session. */
type Stop = KillManner | "idle" | "too-old" | "stop";

// The first two come from public logs of RDS Proxy; the others are this package's.
const closingReasons: Readonly<Partial<Record<RelayEnd | Stop, string>>> = {
  "client-terminated": "The client requested that the connection close.",
  "client-left": "The TCP channel was closed by either the client or the proxy.",
  idle: "The client connection was idle for longer than the idle client timeout.",
  "too-old": "The client connection reached its maximum life.",
};

/** One client from its accepted connection to its end, for either engine. */
export class ClientSession {
  /** Resolves when its sockets, the client's and the database's, are closed. Never rejects. */
  readonly ended: Promise<void>;
  readonly #client: ClientSocket;
  readonly #id: number;
  readonly #proxy: ProxyState;
  readonly #protocol: ClientProtocol;
  readonly #acceptedAtMs: number;
  readonly #stopped = Promise.withResolvers<Stop>();
  #relay: SessionRelay | undefined;
  #user: string | undefined;
  #hasFailedOver = false;

  /** `id` counts connections from 1. */
  constructor(client: ClientSocket, id: number, proxy: ProxyState, engine: Engine) {
    this.#client = client;
    this.#id = id;
    this.#proxy = proxy;
    this.#acceptedAtMs = proxy.options.now();
    this.#protocol = engine.accept(client, id, proxy);
    this.ended = this.#serve();
  }

  view(): ClientView {
    const relay = this.#relay;
    const waitingSinceMs = relay?.waitingSinceMs;
    return {
      connection: this.#id,
      peer: this.#client.peer,
      user: this.#user,
      state: relay === undefined ? "login" : stateOf(relay),
      waitingMs: waitingSinceMs === undefined ? undefined : Math.round(performance.now() - waitingSinceMs),
      databaseConnection: relay?.databaseConnection,
      isPinned: relay?.isPinned ?? false,
      queries: relay?.queryCount ?? 0,
    };
  }

  /** Ends the session if it is logged in; returns whether it was. */
  kill(manner: KillManner): boolean {
    if (this.#relay === undefined) return false;
    this.#stopped.resolve(manner);
    return true;
  }

  /** Silences the session if it is logged in; returns whether it was. */
  silence(): boolean {
    this.#relay?.silence();
    return this.#relay !== undefined;
  }

  /** Takes its database connection away; returns whether it had one. */
  failOver(manner: FailoverManner): boolean {
    const outcome = this.#relay?.failOver(manner) ?? "unaffected";
    // A session that lost its state has to end, also where an error was chosen.
    if (outcome === "ends") {
      this.#hasFailedOver = true;
      this.#stopped.resolve(manner === "error" ? "fin" : manner);
    }
    return outcome !== "unaffected";
  }

  /**
   * Ends or silences the session if it waits for its client for too long, also within a request; ends it if it is too old
   * and not in a transaction.
   */
  sweep(nowMs: number): void {
    const relay = this.#relay;
    if (relay === undefined || relay.isSilent || !relay.isWaitingForClient) return;
    const { idleClientTimeoutMs, maxLifeMs, networkIdleMs } = this.#proxy.options;
    const idleMs = nowMs - relay.lastActiveAtMs;
    if (idleMs >= networkIdleMs) relay.silence();
    else if (idleMs >= idleClientTimeoutMs) this.#stopped.resolve("idle");
    else if (nowMs - this.#acceptedAtMs >= maxLifeMs && !relay.isInTransaction)
      this.#stopped.resolve("too-old");
  }

  /** Ends the session at once, with its database connection and the statement that runs there. */
  stop(): void {
    this.#stopped.resolve("stop");
    this.#client.destroy();
  }

  async #serve(): Promise<void> {
    this.#log(`A new client connected from ${this.#client.peer}.`);
    let reason: string | undefined;
    try {
      const fault = this.#proxy.faults.ofConnects.take();
      const log: SessionLog = (line, level) => this.#log(line, level);
      reason = await this.#relayFor(await logIn(this.#client, this.#protocol, this.#proxy, fault, log));
    } catch (error) {
      reason = await this.#endFailed(error);
    }
    await this.#client.closed;
    this.#log(`The client connection closed.${reason === undefined ? "" : ` Reason: ${reason}`}`);
  }

  /** Relays until the session ends; resolves with the reason for the log, if it has one. */
  async #relayFor({ user, relay, welcome }: LoggedIn): Promise<string | undefined> {
    let clientEnded: Promise<void> | undefined;
    let end: RelayEnd | Stop;
    try {
      this.#relay = relay;
      this.#user = user;
      this.#proxy.counters.clientConnectionsSetupSucceeded += 1;
      await this.#client.write(welcome);
      end = await relay.run(this.#stopped.promise);
      // Not awaited yet: a slow or frozen client must not hold up the release of the database connection.
      clientEnded = this.#endClient(end, relay);
      // With a simulated failover the real server would run the statement to its end.
      await relay.closeBackend(end === "stop" || this.#hasFailedOver ? "cancel" : "drop");
    } finally {
      this.#relay = undefined;
      await relay.closeBackend("drop");
    }
    await clientEnded;
    return closingReasons[end];
  }

  async #endClient(end: RelayEnd | Stop, relay: SessionRelay): Promise<void> {
    switch (end) {
      case "rst":
      case "reply-lost":
      case "commit-reset":
      case "database-reset":
        return await this.#client.reset();
      case "stop":
        return this.#client.destroy();
      case "admin-shutdown":
      case "borrow-timed-out":
      case "client-broke-protocol":
        return await this.#client.end(relay.fatalError(end));
      case "fin":
      case "idle":
      case "too-old":
      case "client-left":
      case "client-terminated":
      case "commit-closed":
      case "database-closed":
        return await this.#client.end();
      default:
        end satisfies never;
    }
  }

  /** Returns the reason for the log, if the log does not have it yet. */
  async #endFailed(error: unknown): Promise<string | undefined> {
    if (!(error instanceof Refusal)) {
      this.#client.destroy();
      return `${error instanceof Error ? error.message : String(error)}.`;
    }
    if (isAuthFailure(error)) this.#proxy.counters.clientConnectionsSetupFailedAuth += 1;
    const text = describeRefusal(error);
    this.#log(`The client connection was refused. Reason: ${text}`);
    this.#proxy.refusals.add({
      connection: this.#id,
      peer: this.#client.peer,
      atMs: this.#proxy.options.now(),
      error: text,
      reason: error.detail,
    });
    await this.#client.end(this.#protocol.encodeRefusal(error));
    return undefined;
  }

  #log(line: string, level: "INFO" | "WARN" = "INFO"): void {
    this.#proxy.options.log(`[${level}] [proxyEndpoint=default] [clientConnection=${this.#id}] ${line}`);
  }
}

function stateOf({ waitingSinceMs, isAnswered, isInTransaction }: SessionRelay): ClientView["state"] {
  if (waitingSinceMs !== undefined) return "waiting";
  if (!isAnswered) return "statement";
  return isInTransaction ? "transaction" : "idle";
}

// MySQL's error for missing TLS has only the general SQLSTATE HY000.
const tlsRequiredErrno = 3159;

function isAuthFailure({ sqlState, errno }: Refusal): boolean {
  return sqlState.startsWith("28") || errno === tlsRequiredErrno;
}
