/** What a program calls before the first invocation, around snapshots and after the last invocation. */
export interface LifeCycle {
  /**
   * Opens a connection now, for top-level await. Use it with provisioned concurrency and Managed Instances, or to let a
   * function that cannot reach its database fail while it initialises. With SnapStart it closes the connection again before the
   * snapshot.
   *
   * @throws RdsProxyError as the first invocation would
   */
  warmUp(): Promise<void>;
  /**
   * Closes all connections that no invocation uses. Call it last before a snapshot: in SnapStart's hook before the snapshot, or
   * in the hook `suspend` of a MicroVM. Later invocations connect again.
   */
  beforeSnapshot(): Promise<void>;
  /**
   * Call it after a restore: in SnapStart's hook after the restore, or in the hooks `run` and `resume` of a MicroVM. What was
   * opened or read before is not used any more: the same as `afterRestore()` of `@rds-proxy/core`.
   */
  afterRestore(): void;
  /** Closes all connections. Later invocations fail with RDS_PROXY_CLOSED. */
  close(): Promise<void>;
}
