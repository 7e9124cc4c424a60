/** Why there is nothing more to relay. */
export type RelayEnd =
  | "borrow-timed-out"
  | "client-left"
  | "client-terminated"
  | "client-broke-protocol"
  | "database-closed"
  | "database-reset"
  | "reply-lost";
