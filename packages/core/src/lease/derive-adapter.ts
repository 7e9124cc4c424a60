import type { ResolvedRdsProxyOptions } from "../options/options.js";
import type { Deadline } from "../time/deadline.js";
import type { Adapter, Lease } from "./adapter.js";
import type { Loan } from "./driver.js";

/**
 * An adapter that hands out something made of another adapter's connection: a query builder on top of a driver.
 * Connections, retries and clean-up stay the other's.
 *
 * @param make called for each invocation, which may be made to wait until `patience`; the loan ends before the
 *   connection is given back
 */
export function deriveAdapter<Db, Made>(
  adapter: Adapter<Db>,
  make: (db: Db, options: ResolvedRdsProxyOptions, patience: Deadline) => Loan<Made>,
): Adapter<Made> {
  return {
    engine: adapter.engine,
    create(options) {
      const resource = adapter.create(options);
      return {
        async acquire(deadline, patience = deadline) {
          const lease = await resource.acquire(deadline, patience);
          try {
            return deriveLease(lease, make(lease.db, options, patience));
          } catch (error) {
            await lease.release(deadline);
            throw error;
          }
        },
        prefetch: () => resource.prefetch(),
        close: () => resource.close(),
      };
    },
  };
}

function deriveLease<Made>(lease: Lease<unknown>, loan: Loan<Made>): Lease<Made> {
  return {
    db: loan.db,
    release(deadline) {
      loan.revoke();
      return lease.release(deadline);
    },
    destroy(reason) {
      loan.revoke();
      lease.destroy(reason);
    },
  };
}
