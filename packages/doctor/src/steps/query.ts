import { type Deadline, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { classifyConnectFailure } from "@rds-proxy/core/diagnosis";
import type { Connection, Row } from "../connection.js";
import { type FailedFinding, type Finding, failed } from "../finding.js";

/** Runs a statement, which needs the database: a login may succeed at the proxy alone. */
export async function selectOne(
  connection: Connection,
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Finding<undefined>> {
  const answer = await runStatement(connection, "select 1", options, deadline);
  return "outcome" in answer ? answer : { outcome: "ok", facts: [], result: undefined };
}

/** The rows of a statement, or the finding for the step that runs it. */
export async function runStatement(
  connection: Connection,
  statement: string,
  { endpoint }: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<{ readonly rows: readonly Row[] } | FailedFinding> {
  try {
    return {
      rows: await within(connection.query(statement), deadline, () => new Error("no answer in time")),
    };
  } catch (error) {
    const { message, remedy } = classifyConnectFailure(error, endpoint.engine);
    return failed(`The login succeeded, but a statement failed: ${message.replace(/\.$/, "")}.`, [
      { cause: "The proxy has no database connection for this client connection, or lost it.", remedy },
    ]);
  }
}
