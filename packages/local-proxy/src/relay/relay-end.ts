/** Why a relay has ended. */
export type RelayEnd =
  | "borrow-timed-out"
  | "client-left"
  | "client-terminated"
  | "client-broke-protocol"
  | "commit-closed"
  | "commit-reset"
  | "database-closed"
  | "database-reset"
  | "reply-lost";
