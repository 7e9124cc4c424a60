import type { Deadline, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { Connection, Row } from "../connection.js";
import type { Finding } from "../finding.js";
import type { DiagnosisCause, DiagnosisFact } from "../report.js";
import { runStatement } from "./query.js";

/** Neither statement pins the session. */
const STATEMENTS = {
  postgres:
    "select version() as version, host(inet_server_addr()) as address, current_user as session_user, " +
    "current_database() as database, pg_is_in_recovery() as is_replica, " +
    "current_setting('transaction_read_only') = 'on' as is_read_only",
  mysql:
    "select version() as version, @@hostname as address, current_user() as session_user, database() as `database`, " +
    "@@innodb_read_only as is_replica, @@read_only as is_read_only",
} as const;

/** MySQL 8 has `transaction_read_only` only, MariaDB before 11.1 has `tx_read_only` only. */
const MYSQL_TRANSACTIONS =
  "show session variables where variable_name in ('transaction_read_only', 'tx_read_only')";

/** Reads the server's version, address, user and database, and whether it accepts writes. */
export async function identifyServer(
  connection: Connection,
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Finding<undefined>> {
  const { engine } = options.endpoint;
  const answer = await runStatement(connection, STATEMENTS[engine], options, deadline);
  if ("outcome" in answer) return answer;
  const [row = {}] = answer.rows;
  let isReadOnly = isTrue(row["is_replica"]) || isTrue(row["is_read_only"]);
  if (engine === "mysql" && !isReadOnly) {
    const variables = await runStatement(connection, MYSQL_TRANSACTIONS, options, deadline);
    if ("outcome" in variables) return variables;
    isReadOnly = variables.rows.some((each) => isTrue(each["Value"]));
  }
  const facts: DiagnosisFact[] = [
    ...textFacts(row, [
      ["version", "version"],
      ["server", "address"],
      ["session user", "session_user"],
      ["database", "database"],
    ]),
    { name: "read only", value: isReadOnly },
  ];
  if (isReadOnly === (options.endpoint.targetRole === "read-only")) {
    return { outcome: "ok", facts, result: undefined };
  }
  return {
    outcome: "warning",
    problem: isReadOnly ? "The server rejects writes." : "The server accepts writes.",
    facts,
    causes: isReadOnly ? readOnlyCauses(options) : writableCauses(options),
    result: undefined,
  };
}

function textFacts(row: Row, columns: readonly (readonly [name: string, column: string])[]): DiagnosisFact[] {
  return columns.flatMap(([name, column]) => {
    const value = row[column];
    return value === null || value === undefined ? [] : [{ name, value: String(value) }];
  });
}

/** PostgreSQL sends booleans, MySQL sends numbers, and its `show variables` sends `ON`. */
function isTrue(value: unknown): boolean {
  return value === true || Number(value) === 1 || value === "ON";
}

function readOnlyCauses({ endpoint }: ResolvedRdsProxyOptions): readonly DiagnosisCause[] {
  return [
    {
      cause: `${endpoint.signingHost} is a reader endpoint (TargetRole READ_ONLY).`,
      remedy:
        "If the function only reads, set `targetRole` (--target-role) to read-only; for writes use the proxy's default endpoint.",
    },
    {
      cause: "A failover has just turned the writer into a reader.",
      remedy: "Try again in a minute, and check the events of the cluster.",
    },
    {
      cause: "The user, the database or a parameter group makes transactions read-only by default.",
      remedy:
        endpoint.engine === "postgres"
          ? "Check default_transaction_read_only in pg_db_role_setting and in the parameter group."
          : "Check read_only and transaction_read_only in the parameter group.",
    },
  ];
}

/** Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Endpoints.Reader.html */
function writableCauses({ endpoint }: ResolvedRdsProxyOptions): readonly DiagnosisCause[] {
  return [
    {
      cause: `${endpoint.signingHost} is not a reader endpoint, although \`targetRole\` (--target-role) is read-only.`,
      remedy: "Take the endpoint with TargetRole READ_ONLY, or leave `targetRole` out.",
    },
    {
      cause: "It is the reader endpoint of an Aurora cluster without a reader, which leads to the writer.",
      remedy: "Add a reader instance to the cluster.",
    },
  ];
}
