import type { Upstream } from "@rds-proxy/local-proxy";

/** A real database server behind the local proxies. */
export interface Database {
  /** Name and version, as the server states it. */
  readonly version: string;
  /** Creates a user with a table `orders` and a limited number of connections, for one side of the demo. */
  createTenant(): Promise<Tenant>;
  stop(): Promise<void>;
}

/** One side's part of the database, and an administrator's view of it. */
export interface Tenant {
  readonly upstream: Upstream;
  /** The committed orders. */
  orders(): Promise<readonly string[]>;
  /** How many sessions the user has. */
  countSessions(): Promise<number>;
  /** Waits until no session of the user is left. */
  untilAllSessionsEnded(): Promise<void>;
  /** Opens sessions until the server refuses more. */
  takeAllSlots(): Promise<TakenSlots>;
}

export interface TakenSlots {
  readonly count: number;
  giveBack(): Promise<void>;
}
