import { type RetryContext, RetrySchedule } from "../connect/retry.js";
import type { ConnectFailure } from "../failures/classify.js";

/** How the attempts ended: with a value, or with the last failure. */
export type RetryOutcome<T> =
  | { readonly succeeded: true; readonly value: T; readonly attempts: number }
  | {
      readonly succeeded: false;
      readonly error: unknown;
      readonly failure: ConnectFailure;
      readonly attempts: number;
    };

/** Connects by a schedule alone, without classification, events or a server. */
export async function retryConnect<T>(
  connect: (attempt: number) => Promise<T>,
  {
    classify,
    onFailure,
    ...context
  }: RetryContext & {
    readonly classify: (error: unknown) => ConnectFailure;
    readonly onFailure?: (attempt: number, failure: ConnectFailure, delayMs: number | undefined) => void;
  },
): Promise<RetryOutcome<T>> {
  const schedule = new RetrySchedule(context);
  for (let attempt = 1; ; attempt++) {
    try {
      return { succeeded: true, value: await connect(attempt), attempts: attempt };
    } catch (error) {
      const failure = classify(error);
      const next = schedule.next(error, failure, attempt);
      onFailure?.(attempt, failure, typeof next === "number" ? next : undefined);
      if (typeof next !== "number") return { succeeded: false, ...next, attempts: attempt };
      await context.clock.sleep(next);
    }
  }
}
