import type { Clock } from "./clock.js";

/** Longer than any call takes. One that is still running was probably frozen, and may never end. */
const LONGEST_FLIGHT_MS = 10_000;

/** Concurrent calls of the returned function share one call of `work`. Failures are not cached. */
export function singleFlight<T>(clock: Clock, work: () => Promise<T>): () => Promise<T> {
  let flight: { readonly result: Promise<T>; readonly startedAt: number } | undefined;
  return async () => {
    const now = clock.steadyMs();
    if (!flight || now - flight.startedAt > LONGEST_FLIGHT_MS) flight = { result: work(), startedAt: now };
    const joined = flight;
    try {
      return await joined.result;
    } finally {
      if (flight === joined) flight = undefined;
    }
  };
}
