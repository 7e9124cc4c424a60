import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline } from "../time/deadline.js";
import type { Driver } from "./driver.js";

/** The end of an answer comes right behind the error in it. */
const SETTLE_TIMEOUT_MS = 500;

/**
 * Resolves when the server has said where a failed query leaves the session, or soon if it does not. A driver reports an
 * error at its first word, so that whoever reacts to it meets a session whose state is not known yet.
 */
export async function settled<Connection extends object>(
  driver: Pick<Driver<Connection, unknown>, "stateOf">,
  connection: Connection,
  deadline: Deadline,
  { runtime }: ResolvedRdsProxyOptions,
): Promise<void> {
  const { clock } = runtime;
  const patience = atMost(SETTLE_TIMEOUT_MS, deadline, clock);
  while (driver.stateOf(connection) === "ending" && patience.remainingMs() > 0) await clock.sleep(1);
}
