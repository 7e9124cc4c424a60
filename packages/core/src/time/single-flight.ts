import type { Clock } from "./clock.js";

/** Longer than any call of ours takes: one that still runs then was frozen half-way, and its answer may never come. */
const LONGEST_FLIGHT_MS = 10_000;

/** A function that does `work` once for all who call it while that runs. A failure is told to them and not kept. */
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
