import type { Socket } from "node:net";
import { ClientSocket } from "../client/client-socket.js";
import type { ClientView } from "../client/client-view.js";
import type { Engine } from "../engine.js";
import type { FailoverManner, KillManner } from "../faults/faults.js";
import type { ProxyState } from "../proxy-state.js";
import { ClientSession } from "./client-session.js";

/** All open client sessions. */
export class ClientSessions {
  readonly #proxy: ProxyState;
  readonly #engine: Engine;
  readonly #open = new Set<ClientSession>();

  constructor(proxy: ProxyState, engine: Engine) {
    this.#proxy = proxy;
    this.#engine = engine;
  }

  /** Starts a session for an accepted socket. */
  add(socket: Socket): void {
    const { counters } = this.#proxy;
    counters.clientConnectionsReceived += 1;
    counters.clientConnections += 1;
    const session = new ClientSession(
      new ClientSocket(socket),
      counters.clientConnectionsReceived,
      this.#proxy,
      this.#engine,
    );
    this.#open.add(session);
    void session.ended.finally(() => {
      this.#open.delete(session);
      counters.clientConnections -= 1;
    });
  }

  /** The state of each, in the order in which they connected. */
  views(): ClientView[] {
    return [...this.#open].map((session) => session.view());
  }

  /** Ends logged-in sessions; returns how many. */
  kill(manner: KillManner): number {
    return [...this.#open].filter((session) => session.kill(manner)).length;
  }

  /** Silences logged-in sessions; returns how many. */
  silence(): number {
    return [...this.#open].filter((session) => session.silence()).length;
  }

  /** Takes their database connections away; returns how many had one. */
  failOver(manner: FailoverManner): number {
    return [...this.#open].filter((session) => session.failOver(manner)).length;
  }

  /** Ends sessions that have been idle for too long or are too old. */
  sweep(nowMs: number): void {
    for (const session of this.#open) session.sweep(nowMs);
  }

  /** Ends all sessions at once; resolves when their sockets are closed. */
  async stop(): Promise<void> {
    const ending = [...this.#open].map((session) => {
      session.stop();
      return session.ended;
    });
    await Promise.all(ending);
  }
}
