import { checkKnownNames, checkObject, describeValue, invalidOption } from "@rds-proxy/core/adapter";
import type { Clock } from "@rds-proxy/core/internal";
import type { Holder } from "./invocations.js";
import { type TimeBudget, type TimedContext, timeBudget } from "./time-budget.js";

/** The part of an invocation's context that says how long it may take and which invocation it is. */
export interface InvocationContext extends TimedContext {
  readonly awsRequestId?: string | undefined;
}

/** For whom a connection is acquired, and until when. */
export interface LeaseOptions {
  /**
   * Lambda's context, or a durable execution's. Its remaining time limits the wait for a connection, and its request id shows in
   * the next invocation that this one is over, should it never end its lease.
   *
   * @default no invocation: only `deadline` and `acquireTimeoutMs` limit the wait
   */
  context?: InvocationContext | undefined;
  /**
   * When the caller's own time ends, as a date or in milliseconds since the epoch. It limits the wait for a connection, and a
   * lease that has not ended by then is ended when the next one is acquired. It does not interrupt the work itself.
   *
   * @default when the invocation of `context` ends
   */
  deadline?: Date | number | undefined;
}

/** A caller of `acquire()` or `run()`. */
export class Caller implements Holder {
  readonly context: Holder["context"];
  readonly #timed: TimedContext;
  readonly #endsAt: number | undefined;

  /** @throws RdsProxyError `RDS_PROXY_INVALID_OPTION` */
  constructor(options: LeaseOptions) {
    checkObject("options", options);
    checkKnownNames("", options, ["context", "deadline"]);
    const { context = {}, deadline } = options;
    checkObject("context", context);
    this.context = context;
    this.#timed = context;
    this.#endsAt = deadline === undefined ? undefined : timeOf(deadline);
  }

  /** The remaining time by now. */
  timeBudget(clock: Clock): TimeBudget {
    return timeBudget(this.#timed, clock, this.#endsAt);
  }
}

function timeOf(deadline: unknown): number {
  const time = deadline instanceof Date ? deadline.getTime() : deadline;
  if (typeof time === "number" && !Number.isNaN(time)) return time;
  throw invalidOption(
    "deadline",
    "a valid Date, or a number of milliseconds since the epoch",
    describeValue(deadline),
    "For a duration, pass Date.now() plus its milliseconds.",
  );
}
