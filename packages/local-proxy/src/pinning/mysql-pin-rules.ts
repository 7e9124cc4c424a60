/**
 * What pins a MySQL session, by "Avoiding pinning an RDS Proxy" in the Amazon RDS User Guide. By the guide, `row-count`
 * pins sometimes; it does not mention `handler`, `backup-lock`, `diagnostics`, `calc-found-rows` and `multi-statement`.
 */
export type MysqlPinRule =
  | "set-variable"
  | "next-transaction"
  | "prepared-statement"
  | "lock-table"
  | "get-lock"
  | "temporary-table"
  | "executable-comment"
  | "row-count"
  | "handler"
  | "backup-lock"
  | "diagnostics"
  | "calc-found-rows"
  | "multi-statement"
  | "long-statement";

/** The reasons in the log. The first and the last come from public logs of RDS Proxy; the others are this package's. */
export const mysqlPinReasons: Readonly<Record<MysqlPinRule, string>> = {
  "set-variable":
    "SQL changed session settings that the proxy doesn't track. Consider moving session configuration to the proxy's initialization query.",
  "next-transaction": "SQL changed the characteristics of the next transaction.",
  "prepared-statement": "Running a prepared statement.",
  "lock-table": "SQL locked tables.",
  "get-lock": "SQL took a named lock.",
  "temporary-table": "SQL created a temporary table.",
  "executable-comment": "SQL has an executable comment.",
  "row-count": "SQL asked for the row count of an earlier statement.",
  handler: "SQL opened a handler.",
  "backup-lock": "SQL took a lock for a backup.",
  diagnostics: "SQL asked for the diagnostics of an earlier statement.",
  "calc-found-rows": "SQL keeps the number of found rows for a later statement.",
  "multi-statement": "The connection ran several SQL statements in one query.",
  "long-statement": "The connection ran a SQL query which exceeded the 16384 byte limit.",
};
