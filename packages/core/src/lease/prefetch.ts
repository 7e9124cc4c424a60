import type { ResolvedRdsProxyOptions } from "../options/options.js";
import type { Clock } from "../time/clock.js";
import { atMost, type Deadline, deadlineIn, shareOf, within } from "../time/deadline.js";

/** A connection, or a pool with one, that is opened in the background before it is needed. */
export class Prefetch<Opened> {
  /** A rejection does not count as unhandled. */
  readonly opened: Promise<Opened>;
  /** A handshake that is not done by then was frozen half-way, or the server does not answer. */
  readonly #staleAt: Deadline;
  readonly #clock: Clock;

  /** @param open makes one attempt only, since a freeze could fall into the wait for another */
  constructor(
    open: (deadline: Deadline) => Promise<Opened>,
    { connectTimeoutMs, runtime: { clock } }: ResolvedRdsProxyOptions,
  ) {
    this.#clock = clock;
    this.#staleAt = deadlineIn(connectTimeoutMs, clock);
    this.opened = open(this.#staleAt);
    this.opened.catch(() => undefined);
  }

  /**
   * What was opened. Rejects if opening failed, or takes more than its share of the time, freezes included: the caller then
   * connects itself, and reports the failure of that.
   */
  async adopt(deadline: Deadline): Promise<Opened> {
    const limitMs = Math.min(this.#staleAt.remainingMs(), shareOf(deadline));
    return await within(
      this.opened,
      atMost(limitMs, deadline, this.#clock),
      () => new Error("the prefetch took too long"),
    );
  }
}
