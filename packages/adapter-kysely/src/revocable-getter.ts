import { leaseEnded, type RevocableView } from "@rds-proxy/core/adapter";

/**
 * A view for code that calls it before each use and keeps no part of the connection, as Kysely's drivers do here. It is cheaper
 * than the proxy that a handler gets.
 */
export function createRevocableGetter<Connection>(connection: Connection): RevocableView<() => Connection> {
  let isRevoked = false;
  return {
    db() {
      if (isRevoked) throw leaseEnded();
      return connection;
    },
    revoke() {
      isRevoked = true;
    },
  };
}
