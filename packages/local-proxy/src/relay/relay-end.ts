/** Why a relay has ended. */
export type RelayEnd =
  | "borrow-timed-out"
  | "client-left"
  | "client-terminated"
  | "client-broke-protocol"
  | "database-closed"
  | "database-reset"
  | "reply-lost";
