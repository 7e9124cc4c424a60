import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline } from "../time/deadline.js";
import type { Driver } from "./driver.js";

/** A rollback must not take the time of the next invocation: a connection that needs longer is destroyed. */
const ROLLBACK_TIMEOUT_MS = 1000;

/** Rolls back an open transaction. If it rejects, which it does at the deadline, the connection must not be used again. */
export async function rollBackWithin<Connection extends object>(
  driver: Driver<Connection, unknown>,
  connection: Connection,
  deadline: Deadline,
  { runtime }: ResolvedRdsProxyOptions,
): Promise<void> {
  const rollbackDeadline = atMost(ROLLBACK_TIMEOUT_MS, deadline, runtime.clock);
  await driver.rollback(connection, rollbackDeadline);
  // Reading an answer after a freeze counts as use, and would make a dead connection look fresh.
  if (rollbackDeadline.remainingMs() === 0) throw new Error("the rollback took too long");
}
