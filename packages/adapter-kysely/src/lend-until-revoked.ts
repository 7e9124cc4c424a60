import { leaseEnded, type RevocableView } from "@rds-proxy/core/adapter";

/**
 * Lends a connection to code that asks for it each time and keeps no part of it, as Kysely is made to here: no wrapper
 * has to stand around every member, as it does around what a handler gets.
 */
export function lendUntilRevoked<Connection>(connection: Connection): RevocableView<() => Connection> {
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
