/** Everything that was started and has to be stopped, whenever and however the demo ends. */
export class Running {
  readonly #stops: (() => Promise<void>)[] = [];
  #stopped: Promise<void> | undefined;

  /** Remembers what is starting, so that it is stopped even when the demo is interrupted before it has started. */
  start<T>(starting: Promise<T>, stop: (started: T) => Promise<void>): Promise<T> {
    this.#stops.push(() => starting.then(stop));
    return starting;
  }

  /** Stops all at the same time; what fails to stop, or never started, hinders nothing else. */
  stopAll(): Promise<void> {
    this.#stopped ??= Promise.allSettled(this.#stops.map((stop) => stop())).then(() => undefined);
    return this.#stopped;
  }
}
