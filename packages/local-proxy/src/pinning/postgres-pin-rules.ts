/**
 * What pins a PostgreSQL session, by "Avoiding pinning an RDS Proxy" in the Amazon RDS User Guide. The guide does not
 * mention `set-local`, `set-config-local`, `set-transaction`, `named-statement`, `named-portal` and `unnamed-statement`.
 */
export type PostgresPinRule =
  | "set"
  | "set-local"
  | "set-config-local"
  | "set-transaction"
  | "prepare"
  | "discard"
  | "declare-cursor"
  | "listen"
  | "temporary-object"
  | "sequence-function"
  | "advisory-lock"
  | "load-library"
  | "long-statement"
  | "named-statement"
  | "named-portal"
  | "unnamed-statement";

const settings =
  "SQL changed session settings that the proxy doesn't track. Consider moving session configuration to the proxy's initialization query.";
const prepared = "Running a prepared statement.";

/** The reasons in the log. Those of settings, prepared and long statements come from public logs of RDS Proxy. */
export const postgresPinReasons: Readonly<Record<PostgresPinRule, string>> = {
  set: settings,
  "set-local": settings,
  "set-config-local": settings,
  "set-transaction": settings,
  prepare: prepared,
  "named-statement": prepared,
  "unnamed-statement": prepared,
  "named-portal": "A named portal was detected.",
  discard: "SQL discarded session state.",
  "declare-cursor": "SQL declared a cursor.",
  listen: "SQL listens for notifications.",
  "temporary-object": "SQL created a temporary table, view, or sequence.",
  "sequence-function": "SQL called a sequence function.",
  "advisory-lock": "SQL took a session-level advisory lock.",
  "load-library": "SQL loaded a library module.",
  "long-statement": "The connection ran a SQL query which exceeded the 16384 byte limit.",
};
