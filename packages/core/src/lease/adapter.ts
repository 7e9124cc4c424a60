import type { Engine } from "../endpoint/engine.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import type { Deadline } from "../time/deadline.js";

/** All that the middleware knows of a driver or ORM, so that support for another one is a package of its own. */
export interface Adapter<Db> {
  readonly engine: Engine;
  /**
   * Creates the resource of an execution environment. Opens no connection.
   *
   * @throws RdsProxyError when the driver's options do not fit the endpoint
   */
  create(options: ResolvedRdsProxyOptions): Resource<Db>;
}

/** The connections of an execution environment, kept from one invocation to the next. */
export interface Resource<Db> {
  /**
   * A usable connection for one invocation: warm, validated or new.
   *
   * @param deadline until when the invocation may wait for the connection
   * @param waitDeadline until when the invocation may wait for connections that are opened later. Default: `deadline`
   */
  acquire(deadline: Deadline, waitDeadline?: Deadline): Promise<Lease<Db>>;
  /** Starts to open the first connection in the background, with a single attempt. */
  prefetch(): void;
  /** Closes the connections that no lease uses. Later calls of `acquire` open new ones. */
  closeIdle(): Promise<void>;
  /** Closes all connections, leased ones included. Later calls of `acquire` fail with `RDS_PROXY_CLOSED`. */
  close(): Promise<void>;
}

/** One invocation's exclusive use of a connection. It ends exactly once, whatever the order of its method calls. */
export interface Lease<Db> {
  /** What the handler gets. Every use fails with `RDS_PROXY_LEASE_ENDED` once the lease has ended. */
  readonly db: Db;
  /** Keeps the connection if it is idle or can be rolled back before the deadline; destroys it otherwise. */
  release(deadline: Deadline): Promise<void>;
  /** Destroys the connection at once. */
  destroy(reason: string): void;
}
