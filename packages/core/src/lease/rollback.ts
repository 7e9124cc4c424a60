import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline } from "../time/deadline.js";
import type { Driver } from "./driver.js";

/** An abandoned transaction must not eat the time of the next invocation: what cannot be rolled back soon is closed. */
const ROLLBACK_TIMEOUT_MS = 1000;

/** Rolls back what was left open. Rejects when that was not done soon; the connection is then not to be used again. */
export async function rollBackSoon<Connection extends object>(
  driver: Driver<Connection, unknown>,
  connection: Connection,
  deadline: Deadline,
  { runtime }: ResolvedRdsProxyOptions,
): Promise<void> {
  const patience = atMost(ROLLBACK_TIMEOUT_MS, deadline, runtime.clock);
  await driver.rollback(connection, patience);
  // An answer that is read after a freeze makes an old connection look as if it had just been used.
  if (patience.remainingMs() === 0) throw new Error("the rollback was done too late");
}
