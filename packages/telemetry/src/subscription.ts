/** What listens to the events until it is stopped. */
export interface Subscription {
  /** Listens no more. Calling it again does nothing. */
  stop(): void;
}

/** Makes one subscription of functions that each stop one listener. */
export function createSubscription(stops: readonly (() => void)[]): Subscription {
  return {
    stop() {
      for (const stop of stops) stop();
    },
  };
}
