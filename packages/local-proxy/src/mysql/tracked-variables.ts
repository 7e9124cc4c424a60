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

/** The synonyms of a variable's name. Depending on its version, a server knows one or both. */
export function namesOfVariable(name: string): readonly string[] {
  const synonyms = [name.replace(/^tx_/, "transaction_"), name.replace(/^transaction_/, "tx_")];
  return [...new Set(synonyms)];
}
