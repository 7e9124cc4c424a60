/**
 * The variables that RDS Proxy follows by itself, by "Avoiding pinning an RDS Proxy" in the Amazon RDS User Guide. NAMES
 * and CHARACTER SET stand there, too; they are ways to set several of these.
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

/** The names that a variable goes by; servers of different age and kind know one of them, or both. */
export function namesOfVariable(name: string): readonly string[] {
  const synonyms = [name.replace(/^tx_/, "transaction_"), name.replace(/^transaction_/, "tx_")];
  return [...new Set(synonyms)];
}
