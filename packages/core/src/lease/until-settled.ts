import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { atMost, type Deadline } from "../time/deadline.js";
import type { Driver } from "./driver.js";

/** The end of an answer follows right behind the error in it. */
const SETTLE_TIMEOUT_MS = 500;

/**
 * Resolves when the state of the connection is no longer `ending`, or shortly after if it stays so. Drivers reject on the
 * server's error message; until the end of its answer the transaction state is unknown.
 */
export async function untilSettled<Connection extends object>(
  driver: Pick<Driver<Connection, unknown>, "stateOf">,
  connection: Connection,
  deadline: Deadline,
  { runtime }: ResolvedRdsProxyOptions,
): Promise<void> {
  const { clock } = runtime;
  const settleDeadline = atMost(SETTLE_TIMEOUT_MS, deadline, clock);
  while (driver.stateOf(connection) === "ending" && settleDeadline.remainingMs() > 0) await clock.sleep(1);
}
