import { type Deadline, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core";
import { classifyConnectFailure } from "@rds-proxy/core/diagnosis";
import { type Finding, failed } from "../finding.js";
import type { Row, Session } from "../session.js";

/** One round trip to the database itself, and no longer to the proxy only. */
export async function selectOne(
  session: Session,
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Finding<undefined>> {
  const result = await ask(session, "select 1", options, deadline);
  return "outcome" in result ? result : { outcome: "ok", facts: [], learned: undefined };
}

/** The rows of a statement, or the failure of the step that asks for them. */
export async function ask(
  session: Session,
  statement: string,
  { endpoint }: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<{ readonly rows: readonly Row[] } | ReturnType<typeof failed>> {
  try {
    return { rows: await within(session.query(statement), deadline, () => new Error("no answer in time")) };
  } catch (error) {
    const { message, remedy } = classifyConnectFailure(error, endpoint.engine);
    return failed(`The login was accepted, and a statement was not: ${message.replace(/\.$/, "")}.`, [
      { cause: "The proxy has no database connection for the session, or lost it.", remedy },
    ]);
  }
}
