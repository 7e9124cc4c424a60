import type { ResolvedRdsProxyOptions } from "../options/options.js";
import type { Deadline } from "../time/deadline.js";
import type { Adapter, Lease } from "./adapter.js";
import type { RevocableView } from "./driver.js";

/**
 * An adapter on top of another one, such as a query builder on a driver. The other adapter opens, retries and cleans up the
 * connections.
 *
 * @param make called for each invocation with the other adapter's `db`. Its view is revoked before the connection is
 *   released. The invocation may be made to wait until `waitDeadline`.
 */
export function deriveAdapter<Db, Made>(
  adapter: Adapter<Db>,
  make: (db: Db, options: ResolvedRdsProxyOptions, waitDeadline: Deadline) => RevocableView<Made>,
): Adapter<Made> {
  return {
    engine: adapter.engine,
    create(options) {
      const resource = adapter.create(options);
      return {
        async acquire(deadline, waitDeadline = deadline) {
          const lease = await resource.acquire(deadline, waitDeadline);
          try {
            return deriveLease(lease, make(lease.db, options, waitDeadline));
          } catch (error) {
            await lease.release(deadline);
            throw error;
          }
        },
        prefetch: () => resource.prefetch(),
        closeIdle: () => resource.closeIdle(),
        close: () => resource.close(),
      };
    },
  };
}

function deriveLease<Made>(lease: Lease<unknown>, view: RevocableView<Made>): Lease<Made> {
  return {
    db: view.db,
    release(deadline) {
      view.revoke();
      return lease.release(deadline);
    },
    destroy(reason) {
      view.revoke();
      lease.destroy(reason);
    },
  };
}
