import { type Deadline, deadlineIn } from "@rds-proxy/core/adapter";
import type { Clock } from "@rds-proxy/core/internal";

/** As much of Lambda's context as tells the time that is left; in durable mode it sits one level deeper. */
export interface TimedContext {
  readonly getRemainingTimeInMillis?: (() => number) | undefined;
  readonly lambdaContext?: { readonly getRemainingTimeInMillis?: (() => number) | undefined } | undefined;
}

/** What is kept back of the remaining time so that an error can still be reported: a tenth, within these bounds. */
const RESERVE_SHARE = 0.1;
const MIN_RESERVE_MS = 50;
const MAX_RESERVE_MS = 500;

/** Without Lambda's clock, in tests and on servers, there is no end to an invocation. */
const UNLIMITED_MS = 2 ** 31 - 1;

export function reserveMs(remainingMs: number): number {
  return Math.min(MAX_RESERVE_MS, Math.max(MIN_RESERVE_MS, remainingMs * RESERVE_SHARE));
}

/** What is left of an invocation. */
export interface TimeBudget {
  /** When Lambda ends it, whatever it is doing. */
  readonly end: Deadline;
  /** Until when this middleware may make it wait. */
  readonly patience: Deadline;
}

export function timeBudget(context: TimedContext, clock: Clock): TimeBudget {
  const remainingMs = remainingTimeMs(context);
  return {
    end: deadlineIn(remainingMs, clock),
    patience: deadlineIn(Math.max(0, remainingMs - reserveMs(remainingMs)), clock),
  };
}

/**
 * Contexts that are not Lambda's own, in tests and on other hosts, may be instances of a class, answer with something that
 * is no number, or have a method that only throws. An answer that cannot be used means what a missing method means: no
 * limit is known, and `acquireTimeoutMs` is the only one.
 */
function remainingTimeMs(context: TimedContext): number {
  const answer = askForRemainingTime(context);
  if (typeof answer !== "number" || Number.isNaN(answer)) return UNLIMITED_MS;
  return Math.min(UNLIMITED_MS, Math.max(0, answer));
}

function askForRemainingTime(context: TimedContext): unknown {
  try {
    // As methods, since a class may need its `this`.
    if (context.getRemainingTimeInMillis) return context.getRemainingTimeInMillis();
    return context.lambdaContext?.getRemainingTimeInMillis?.();
  } catch {
    // Such as the `throw new Error("Method not implemented.")` of an editor's stub.
    return undefined;
  }
}
