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

export function timeBudget(context: TimedContext, clock: Clock): TimeBudget {
  const remainingMs = remainingTimeMs(context);
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
  const answer = askForRemainingTime(context);
  if (typeof answer !== "number" || Number.isNaN(answer)) return UNLIMITED_MS;
  return Math.min(UNLIMITED_MS, Math.max(0, answer));
}

function askForRemainingTime(context: TimedContext): unknown {
  try {
    // Called as methods: a class may need its `this`.
    if (context.getRemainingTimeInMillis) return context.getRemainingTimeInMillis();
    return context.lambdaContext?.getRemainingTimeInMillis?.();
  } catch {
    // For example an editor's stub: `throw new Error("Method not implemented.")`.
    return undefined;
  }
}
