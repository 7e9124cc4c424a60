import type { ConnectAttempt } from "../connect/connect.js";
import type { ConnectionState, Driver, RevocableView } from "../lease/driver.js";
import { type Deadline, within } from "../time/deadline.js";
import { LatestTurn } from "../time/event-loop.js";

/** A connection that consists of its state. */
export interface ScriptedConnection {
  readonly id: number;
  readonly connectedAt: number;
  lastUsedAt: number;
  readonly turnOfLastUse: LatestTurn;
  state: ConnectionState;
  /** Whether the server does not answer any more. */
  isSilent: boolean;
  /** Whether it keeps the process alive. */
  isRef: boolean;
  end: "open" | "destroyed" | "ended";
}

/** The view that a handler gets. */
export interface ScriptedDb {
  readonly connection: ScriptedConnection;
  isRevoked: boolean;
}

/** A connect that takes `ms`, and fails if there is an `error`. */
export interface ScriptedConnect {
  readonly ms?: number;
  readonly error?: unknown;
}

/** A driver without a network. Connects follow the script, on the test's timers. */
export class ScriptedDriver implements Driver<ScriptedConnection, ScriptedDb> {
  readonly connections: ScriptedConnection[] = [];
  /** The next connects; further ones take 10 ms and succeed. */
  readonly script: ScriptedConnect[] = [];
  readonly log: string[] = [];
  connecting = 0;
  viewsFail = false;
  #endsFail = false;

  get open(): ScriptedConnection[] {
    return this.connections.filter(({ end }) => end === "open");
  }

  /** Breaks every connection, as a reset does. */
  breakAll(): void {
    for (const connection of this.connections) connection.state = "unusable";
  }

  /** Makes the server stop answering on every connection. */
  silenceAll(): void {
    for (const connection of this.connections) connection.isSilent = true;
  }

  /** Makes now the last use of every connection, as a query does. */
  useAll(): void {
    for (const connection of this.connections) connection.lastUsedAt = Date.now();
  }

  /** Makes every graceful end fail. */
  failEnds(): void {
    this.#endsFail = true;
  }

  async connect({ deadline }: ConnectAttempt): Promise<ScriptedConnection> {
    const { ms = 10, error } = this.script.shift() ?? {};
    this.log.push("connect");
    this.connecting++;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    try {
      await within(promise, deadline, timedOut);
      if (error !== undefined) throw error;
    } finally {
      clearTimeout(timer);
      this.connecting--;
    }
    const now = Date.now();
    const connection: ScriptedConnection = {
      id: this.connections.length + 1,
      connectedAt: now,
      lastUsedAt: now,
      turnOfLastUse: notedTurn(),
      state: "idle",
      isSilent: false,
      isRef: true,
      end: "open",
    };
    this.connections.push(connection);
    return connection;
  }

  stateOf({ state }: ScriptedConnection): ConnectionState {
    return state;
  }

  connectedAt({ connectedAt }: ScriptedConnection): number {
    return connectedAt;
  }

  lastUsedAt({ lastUsedAt }: ScriptedConnection): number {
    return lastUsedAt;
  }

  isInTurnOfLastUse({ turnOfLastUse }: ScriptedConnection): boolean {
    return turnOfLastUse.isCurrent;
  }

  async ping(connection: ScriptedConnection, deadline: Deadline): Promise<void> {
    await this.#roundTrip("ping", connection, deadline);
  }

  async rollback(connection: ScriptedConnection, deadline: Deadline): Promise<void> {
    await this.#roundTrip("rollback", connection, deadline);
    connection.state = "idle";
  }

  createView(connection: ScriptedConnection): RevocableView<ScriptedDb> {
    if (this.viewsFail) throw new Error("cannot create a view");
    const db: ScriptedDb = { connection, isRevoked: false };
    return {
      db,
      revoke() {
        db.isRevoked = true;
      },
    };
  }

  ref(connection: ScriptedConnection): void {
    connection.isRef = true;
  }

  unref(connection: ScriptedConnection): void {
    connection.isRef = false;
  }

  destroy(connection: ScriptedConnection): void {
    this.log.push(`destroy ${connection.id}`);
    connection.state = "unusable";
    connection.end = "destroyed";
  }

  async end(connection: ScriptedConnection): Promise<void> {
    this.log.push(`end ${connection.id}`);
    if (this.#endsFail) throw new Error("cannot end");
    if (connection.isSilent) await new Promise(() => undefined);
    connection.end = "ended";
  }

  async #roundTrip(name: string, connection: ScriptedConnection, deadline: Deadline): Promise<void> {
    this.log.push(`${name} ${connection.id}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = connection.isSilent ? undefined : setTimeout(resolve, 1);
    try {
      await within(promise, deadline, timedOut);
    } finally {
      clearTimeout(timer);
    }
    connection.lastUsedAt = Date.now();
    connection.turnOfLastUse.note();
  }
}

function timedOut(): Error {
  return Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" });
}

function notedTurn(): LatestTurn {
  const turn = new LatestTurn();
  turn.note();
  return turn;
}
