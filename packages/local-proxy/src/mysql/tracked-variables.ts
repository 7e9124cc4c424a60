/**
 * The variables that RDS Proxy tracks, by "Avoiding pinning an RDS Proxy" in the Amazon RDS User Guide. The guide also
 * lists NAMES and CHARACTER SET, which set several of these.
 */
export const trackedVariables: ReadonlySet<string> = new Set([
  "autocommit",
  "auto_increment_increment",
  "character_set_client",
  "character_set_connection",
  "character_set_database",
  "character_set_filesystem",
  "character_set_results",
  "character_set_server",
  "collation_connection",
  "collation_database",
  "collation_server",
  "interactive_timeout",
  "net_write_timeout",
  "query_cache_type",
  "session_track_schema",
  "sql_mode",
  "time_zone",
  "transaction_isolation",
  "tx_isolation",
  "transaction_read_only",
  "tx_read_only",
  "wait_timeout",
]);

/** The character set and collation of the current database. The server sets both whenever the database changes. */
export const variablesOfDatabase: readonly string[] = ["character_set_database", "collation_database"];

// An assignment to one of these changes others of the same list.
const coupled: readonly (readonly string[])[] = [
  ["character_set_client", "character_set_connection", "character_set_results", "collation_connection"],
  ["character_set_server", "collation_server"],
  variablesOfDatabase,
];

/**
 * The variables that an assignment to this one may change: those that depend on each other, and the synonyms of its name,
 * of which a server knows one or both, depending on its version.
 */
export function variablesChangedWith(name: string): readonly string[] {
  const together = coupled.find((names) => names.includes(name));
  return (
    together ?? [...new Set([name.replace(/^tx_/, "transaction_"), name.replace(/^transaction_/, "tx_")])]
  );
}
