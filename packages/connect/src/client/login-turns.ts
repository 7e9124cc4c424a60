/** How long a client that holds a turn may be silent while others wait for one. */
const SILENCE_MS = 3000;

/** A client that holds a turn and has not answered. */
interface SilentClient {
  readonly since: number;
  close(): void;
}

/** Limits the connections to the endpoint that are being opened for clients. */
export class LoginTurns {
  readonly #limit: number;
  readonly #silenceMs: number;
  /** In the order in which they became silent. */
  readonly #silent = new Set<SilentClient>();
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number, silenceMs: number = SILENCE_MS) {
    this.#limit = limit;
    this.#silenceMs = silenceMs;
  }

  /**
   * Does the work when fewer clients than the limit are at theirs. The client that came last is the next one: of many that wait, the
   * first ones may have given up, or may be there only to keep others out.
   */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken < this.#limit) this.#taken += 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      this.#end();
    }
  }

  /**
   * Waits for a client's answer within a turn. If others wait for a turn, a client that does not answer for some time loses its own.
   *
   * @param close ends the client, so that `answer` rejects
   */
  async whileSilent<T>(answer: () => Promise<T>, close: () => void): Promise<T> {
    const client = { since: performance.now(), close };
    this.#silent.add(client);
    this.#closeSilent();
    try {
      return await answer();
    } finally {
      this.#silent.delete(client);
    }
  }

  async #wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#closeSilent();
    await promise;
  }

  #end(): void {
    const next = this.#waiting.pop();
    if (next) next();
    else this.#taken -= 1;
    this.#closeSilent();
  }

  /** Closes the client that has been silent longest, if that is long enough, and comes again when its turn has ended. */
  #closeSilent(): void {
    clearTimeout(this.#timer);
    const [oldest] = this.#silent;
    if (this.#waiting.length === 0 || !oldest) return;
    const left = oldest.since + this.#silenceMs - performance.now();
    if (left > 0) {
      // An answer that came while the event loop was busy is read first.
      this.#timer = setTimeout(() => setImmediate(() => this.#closeSilent()), left).unref();
      return;
    }
    this.#silent.delete(oldest);
    oldest.close();
  }
}
