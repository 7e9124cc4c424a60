/** The listeners that a function of this package added. */
export interface TelemetrySubscription {
  /** Removes the listeners. A second call does nothing. */
  stop(): void;
}

/** Combines functions that each remove one listener. */
export function createSubscription(stops: readonly (() => void)[]): TelemetrySubscription {
  return {
    stop() {
      for (const stop of stops) stop();
    },
  };
}
