/** Everything that was started and has to be stopped, however the demo ends. */
export class Running {
  readonly #stops: (() => Promise<void>)[] = [];
  #stopped: Promise<void> | undefined;

  /** Registers what is starting, so that an interrupted demo stops it even while it starts. */
  start<T>(starting: Promise<T>, stop: (started: T) => Promise<void>): Promise<T> {
    this.#stops.push(() => starting.then(stop));
    return starting;
  }

  /** Stops everything at the same time. What fails to stop or did not start does not affect the rest. */
  stopAll(): Promise<void> {
    this.#stopped ??= Promise.allSettled(this.#stops.map((stop) => stop())).then(() => undefined);
    return this.#stopped;
  }
}
