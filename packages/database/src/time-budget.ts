import type { Deadline } from "@rds-proxy/core/adapter";
import { type Clock, deadlineAt } from "@rds-proxy/core/internal";

/** The part of Lambda's context with the remaining time. A durable execution has it one level deeper. */
export interface TimedContext {
  readonly getRemainingTimeInMillis?: (() => number) | undefined;
  readonly lambdaContext?: { readonly getRemainingTimeInMillis?: (() => number) | undefined } | undefined;
}

/** A part of the remaining time is reserved for reporting an error: a tenth, within these bounds. */
const RESERVE_SHARE = 0.1;
const MIN_RESERVE_MS = 50;
const MAX_RESERVE_MS = 500;

/** In tests and on servers, where the context has no remaining time. */
const UNLIMITED_MS = 2 ** 31 - 1;

export function reserveMs(remainingMs: number): number {
  return Math.min(MAX_RESERVE_MS, Math.max(MIN_RESERVE_MS, remainingMs * RESERVE_SHARE));
}

/** The deadlines of an invocation. */
export interface TimeBudget {
  /** When Lambda ends the invocation. */
  readonly deadline: Deadline;
  /** Until when this middleware may make the invocation wait: earlier by the reserve. */
  readonly waitDeadline: Deadline;
}

/** @param endsAt when the caller's own time ends, in milliseconds since the epoch; default with the invocation */
export function timeBudget(
  context: TimedContext,
  clock: Clock,
  endsAt: number = Number.POSITIVE_INFINITY,
): TimeBudget {
  const remainingMs = Math.max(0, Math.min(remainingTimeMs(context), endsAt - clock.now()));
  const waitMs = Math.max(0, remainingMs - reserveMs(remainingMs));
  const now = clock.steadyMs();
  return {
    deadline: deadlineAt(now + remainingMs, clock),
    waitDeadline: deadlineAt(now + waitMs, clock),
  };
}

/**
 * In tests and on other hosts a context may be an instance of a class, or its method may return something that is not a number,
 * or throw. An unusable answer is treated like a missing method: the invocation has no deadline, and only `acquireTimeoutMs`
 * applies.
 */
function remainingTimeMs(context: TimedContext): number {
  try {
    // Called as methods: a class may need its `this`.
    const answer: unknown = context.getRemainingTimeInMillis
      ? context.getRemainingTimeInMillis()
      : context.lambdaContext?.getRemainingTimeInMillis?.();
    if (typeof answer === "number" && !Number.isNaN(answer)) return Math.min(UNLIMITED_MS, answer);
  } catch {
    // For example an editor's stub: `throw new Error("Method not implemented.")`.
  }
  return UNLIMITED_MS;
}
