import type { Deadline, ResolvedRdsProxyOptions } from "@rds-proxy/core";
import type { Finding } from "../finding.js";
import type { Cause, Fact } from "../report.js";
import type { Row, Session } from "../session.js";
import { ask } from "./query.js";

/** Neither statement pins a session. */
const STATEMENTS = {
  postgres:
    "select version() as version, host(inet_server_addr()) as address, current_user as session_user, " +
    "current_database() as database, pg_is_in_recovery() as is_replica, " +
    "current_setting('transaction_read_only') = 'on' as is_read_only",
  mysql:
    "select version() as version, @@hostname as address, current_user() as session_user, database() as `database`, " +
    "@@innodb_read_only as is_replica, @@read_only as is_read_only",
} as const;

/** The name differs between MySQL and older versions of MariaDB, which know only one of them. */
const MYSQL_TRANSACTIONS =
  "show session variables where variable_name in ('transaction_read_only', 'tx_read_only')";

/** Says which server answers, as whom, and whether it takes writes. */
export async function identifyServer(
  session: Session,
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Finding<undefined>> {
  const { engine } = options.endpoint;
  const result = await ask(session, STATEMENTS[engine], options, deadline);
  if ("outcome" in result) return result;
  const [row = {}] = result.rows;
  let isReadOnly = isTrue(row["is_replica"]) || isTrue(row["is_read_only"]);
  if (engine === "mysql" && !isReadOnly) {
    const variables = await ask(session, MYSQL_TRANSACTIONS, options, deadline);
    if ("outcome" in variables) return variables;
    isReadOnly = variables.rows.some((each) => isTrue(each["Value"]));
  }
  const facts: Fact[] = [
    ...textFacts(row, [
      ["version", "version"],
      ["server", "address"],
      ["session user", "session_user"],
      ["database", "database"],
    ]),
    { name: "read only", value: isReadOnly },
  ];
  if (!isReadOnly) return { outcome: "ok", facts, learned: undefined };
  return {
    outcome: "warning",
    problem: "The server takes no writes.",
    facts,
    causes: readOnlyCauses(options),
    learned: undefined,
  };
}

function textFacts(row: Row, columns: readonly (readonly [name: string, column: string])[]): Fact[] {
  return columns.flatMap(([name, column]) => {
    const value = row[column];
    return value === null || value === undefined ? [] : [{ name, value: String(value) }];
  });
}

/** Booleans of PostgreSQL, numbers of MySQL, and words of its variables. */
function isTrue(value: unknown): boolean {
  return value === true || Number(value) === 1 || value === "ON";
}

function readOnlyCauses({ endpoint }: ResolvedRdsProxyOptions): readonly Cause[] {
  return [
    {
      cause: `${endpoint.signingHost} is a reader endpoint (TargetRole READ_ONLY).`,
      remedy: "That is right for functions that only read; for writes use the proxy's default endpoint.",
    },
    {
      cause: "A failover has just made a reader of the writer.",
      remedy: "Try again in a minute; see the events of the cluster.",
    },
    {
      cause: "The user, the database or a parameter group makes transactions read-only by default.",
      remedy:
        endpoint.engine === "postgres"
          ? "Look at default_transaction_read_only: in pg_db_role_setting, and in the parameter group."
          : "Look at read_only and transaction_read_only in the parameter group.",
    },
  ];
}
