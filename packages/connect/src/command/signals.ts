/** Signals to this process, which end it no longer. */
export interface Signals {
  /**
   * Calls back for each signal.
   *
   * @returns a function that cancels this
   */
  listen(listener: (signal: NodeJS.Signals) => void): () => void;
}

const FORWARDED: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];

/** The signals of this process. */
export function processSignals(): Signals {
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  for (const signal of FORWARDED) {
    process.on(signal, () => {
      for (const listener of listeners) listener(signal);
    });
  }
  return {
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
