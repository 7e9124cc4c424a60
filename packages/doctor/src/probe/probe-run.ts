import { atMost, type Deadline, Login, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { type AwsCredentials, connectWithRetry } from "@rds-proxy/core/internal";
import { Wire } from "./wire/wire.js";

/** What experiments share: the endpoint, the credentials, and the limits of the probe. */
export class ProbeRun {
  readonly options: ResolvedRdsProxyOptions;
  readonly credentials: AwsCredentials | undefined;
  /** Most connections at a time. */
  readonly maxConnections: number;
  /** Whether experiments may take locks that others can wait for. */
  readonly takesLocks: boolean;
  readonly deadline: Deadline;
  /** How many connections have been opened. */
  connections = 0;
  readonly #open = new Set<Wire>();
  #closed = Promise.withResolvers<void>();

  constructor(
    options: ResolvedRdsProxyOptions,
    credentials: AwsCredentials | undefined,
    limits: { readonly maxConnections: number; readonly takesLocks: boolean; readonly deadline: Deadline },
  ) {
    this.options = options;
    this.credentials = credentials;
    this.maxConnections = limits.maxConnections;
    this.takesLocks = limits.takesLocks;
    this.deadline = limits.deadline;
  }

  /**
   * Does something with one new connection, within the limit of a login. The connection is closed if that fails.
   *
   * @param work gets the connection, which begins to connect, and the password of the user's own login
   */
  async attempt<T>(work: (wire: Wire, password: () => Promise<string>) => Promise<T>): Promise<T> {
    const { clock } = this.options.runtime;
    const isFree = async (): Promise<void> => {
      while (this.#open.size >= this.maxConnections) await this.#closed.promise;
    };
    await within(isFree(), this.deadline, () => new Error("no connection became free in time"));
    this.connections += 1;
    const wire = new Wire(this.options, this.deadline, () => {
      this.#open.delete(wire);
      this.#closed.resolve();
      this.#closed = Promise.withResolvers<void>();
    });
    this.#open.add(wire);
    const login = new Login(this.options);
    try {
      const deadline = atMost(this.options.connectTimeoutMs, this.deadline, clock);
      return await login.within(
        work(wire, () => login.password()),
        deadline,
        wire.stream,
      );
    } catch (error) {
      wire.destroy();
      throw error;
    }
  }

  /** The same, with core's retries: for a login that has to succeed. */
  async connect<T>(work: (wire: Wire, password: () => Promise<string>) => Promise<T>): Promise<T> {
    const { connection } = await connectWithRetry(this.options, this.deadline, () => this.attempt(work));
    return connection;
  }

  /** Closes all connections that are open. */
  close(): void {
    for (const wire of this.#open) wire.destroy();
  }
}
