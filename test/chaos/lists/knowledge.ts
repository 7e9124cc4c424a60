import type { InvocationError } from "@rds-proxy/lambda-kit/environment";
import type { Outcome as Known } from "../../histories/history.js";
import type { Outcome } from "../teller.js";

/** Serialization failures and deadlocks, with which servers roll a transaction back: PostgreSQL's, and MySQL's 1213. */
const ROLLED_BACK: readonly (string | number)[] = ["40001", "40P01", 1213];
/** MySQL's lock wait timeout, which ends the statement only. */
const LOCK_WAIT_TIMEOUT = 1205;

/** What the caller of an invocation knows of its transaction. */
export function knowledgeOf({ order, end }: Outcome): Known {
  if (!order.isCommitted) return "fail";
  if (end === "answered") return order.isAwaited ? "ok" : "info";
  if (end === "killed") return "info";
  const isCommitSent = end.sent === undefined || end.sent >= order.statements;
  return isCommitSent && !isRolledBack(end) ? "info" : "fail";
}

/** Whether the server refused a transaction because of another one. */
export function isRefusal(error: InvocationError): boolean {
  return isRolledBack(error) || error.errno === LOCK_WAIT_TIMEOUT;
}

function isRolledBack({ code, errno }: InvocationError): boolean {
  return [code, errno].some((mark) => mark !== undefined && ROLLED_BACK.includes(mark));
}
