import { type ConnectionState, type ResolvedRdsProxyOptions, SessionWatch } from "@rds-proxy/core/adapter";
import { firstEvent } from "@rds-proxy/core/internal";
import { clocks } from "./owned-globals.js";
import type { SimulatedMysqlConnection } from "./simulated-mysql-connection.js";

/** Stands for the class of this name in packages/adapter-mysql2/src/driver in the bundle. */
export class PhysicalConnection {
  readonly connection: SimulatedMysqlConnection;
  readonly session: SessionWatch;
  readonly #options: ResolvedRdsProxyOptions;

  constructor(connection: SimulatedMysqlConnection, options: ResolvedRdsProxyOptions) {
    this.connection = connection;
    this.#options = options;
    this.session = new SessionWatch(options);
    connection.session = this.session;
    connection.on("error", () => this.markUnusable());
    connection.on("end", () => this.markUnusable());
  }

  get state(): ConnectionState {
    return this.stateInPool;
  }

  get stateInPool(): ConnectionState {
    if (this.connection._closing || this.connection._fatalError) return "unusable";
    return this.connection.state;
  }

  get connectedAt(): number {
    return this.#sinceMs(this.connection.connectedAtWallMs);
  }

  get lastUsedAt(): number {
    return this.#sinceMs(this.connection.lastUsedAtWallMs);
  }

  get isInTurnOfLastUse(): boolean {
    return this.connection.turnOfLastUse.isCurrent;
  }

  async untilIdle(): Promise<void> {
    while (this.stateInPool === "busy")
      await firstEvent([this.connection, "drain", "closed", "error", "end"]);
  }

  markUnusable(): void {
    this.connection.isUnusable = true;
  }

  destroy(): void {
    this.markUnusable();
    this.connection.closeSocket();
  }

  #sinceMs(wallMs: number): number {
    return this.#options.runtime.clock.steadyMs() - (clocks.wallMs - wallMs);
  }
}

/** The pool opens connections by mysql2's own. */
export function openConnection(): never {
  throw new Error("not opened by a pool");
}
