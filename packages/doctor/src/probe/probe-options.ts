import type { Engine, RdsProxyOptions } from "@rds-proxy/core";

/** The library's own options, and the limits of the probe. The login has to be by token: there is no `secret`. */
export interface ProbeOptions extends Omit<RdsProxyOptions, "secret" | "maxConnections"> {
  /**
   * Protocol of the database: `"mysql"` is MySQL and MariaDB.
   *
   * @default "postgres"
   */
  engine?: Engine | undefined;
  /**
   * Most connections at a time, up to 20. What pins is seen with three or more.
   *
   * @default 4
   */
  maxConnections?: number | undefined;
  /**
   * Limit of the whole probe, in milliseconds. What has not been decided by then is not decided.
   *
   * @default 300000
   */
  timeoutMs?: number | undefined;
  /**
   * MySQL: whether to take two locks, for an instant, that other sessions may wait for: a read lock of a table of help texts,
   * and the lock of backups.
   *
   * @default false
   */
  takesLocks?: boolean | undefined;
}
