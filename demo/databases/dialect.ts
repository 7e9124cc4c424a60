import type { Dialect, Session } from "@rds-proxy/lambda-kit/administration";
import type { RunningServer } from "@rds-proxy/local-proxy/databases";

/** What an administrator does differently on each kind of database server. */
export interface DemoDialect extends Dialect {
  startServer(): Promise<RunningServer>;
  /** Starts a private server with this `max_connections`. */
  startSmallServer(maxConnections: number): Promise<RunningServer>;
  /** What the user can do if no server can be started or reached. */
  readonly serverRemedy: string;
  /** Whether a login failed because of the user's limit of sessions. */
  isExhaustion(error: unknown): boolean;
  /** Name and version, from `session`'s server. */
  version(session: Session): Promise<string>;
  /** Statements that create the user's table `${user}.orders`, which it finds as `orders`. */
  createOrders(user: string): readonly string[];
}
