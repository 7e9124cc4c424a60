import type { Engine } from "../endpoint/engine.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import type { Deadline } from "../time/deadline.js";

/** What the middleware knows of a driver or ORM: a new one is a new package and no change elsewhere. */
export interface Adapter<Db> {
  readonly engine: Engine;
  /**
   * Makes the resource that lives as long as the execution environment. Opens nothing.
   *
   * @throws RdsProxyError when the driver's own options do not go with the endpoint
   */
  create(options: ResolvedRdsProxyOptions): Resource<Db>;
}

/** The warm part: connections kept from one invocation to the next. */
export interface Resource<Db> {
  /**
   * A usable connection for one invocation: warm, validated or new.
   *
   * @param deadline until when the invocation may wait for it
   * @param patience until when whatever it connects later may wait; `deadline` where it is left out
   */
  acquire(deadline: Deadline, patience?: Deadline): Promise<Lease<Db>>;
  /** Opens the first connection ahead of its use, in the background and without a second attempt. */
  prefetch(): void;
  /** Closes everything, leases included. Later calls of `acquire` are refused. */
  close(): Promise<void>;
}

/** One invocation's hold on a connection. It ends exactly once, whatever is called in whichever order. */
export interface Lease<Db> {
  /** What the handler gets. Refuses to work once the lease has ended. */
  readonly db: Db;
  /** Gives the connection back if it is in good order or can be rolled back in time; destroys it otherwise. */
  release(deadline: Deadline): Promise<void>;
  /** Throws the connection away without waiting. */
  destroy(reason: string): void;
}
