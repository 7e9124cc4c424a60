import {
  type ConnectAttempt,
  deadlineIn,
  type ResolvedRdsProxyOptions,
  SessionWatch,
  within,
} from "@rds-proxy/core/adapter";
import { clocks } from "./owned-globals.js";
import { connectionLost, currentServer, Link, timedOut } from "./simulated-server.js";

type Callback = (error?: Error | null, client?: RdsProxyClient) => void;

/**
 * Stands for the module packages/adapter-pg/src/client.ts in the bundle: a client of the simulated server with all that `pg.Pool` and
 * the pool of this library use of one.
 */
export class RdsProxyClient extends Link {
  /** `pg.Pool` closes the socket by it, and reads the other two. */
  readonly connection = { stream: { destroy: (): void => this.destroy() } };
  _queryable = true;
  _ending = false;
  readonly #options: ResolvedRdsProxyOptions;
  #giveUpLogin: ((error: Error) => void) | undefined;

  constructor(options: ResolvedRdsProxyOptions) {
    super(currentServer(), new SessionWatch(options));
    this.#options = options;
    this.on("error", () => this.markUnusable());
  }

  get connectedAt(): number {
    return this.#sinceMs(this.connectedAtWallMs);
  }

  get lastUsedAt(): number {
    return this.#sinceMs(this.lastUsedAtWallMs);
  }

  get isInTurnOfLastUse(): boolean {
    return this.turnOfLastUse.isCurrent;
  }

  connect(callback: Callback): void {
    const { connectTimeoutMs, runtime } = this.#options;
    this.connectWithin({ deadline: deadlineIn(connectTimeoutMs, runtime.clock) }).then(
      () => process.nextTick(callback, null, this),
      (error: Error) => process.nextTick(callback, error, this),
    );
  }

  async connectWithin({ deadline }: ConnectAttempt): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const withdraw = this.server.startLogin((error) => (error ? reject(error) : resolve()));
    this.#giveUpLogin = reject;
    try {
      await within(promise, deadline, timedOut);
    } catch (error) {
      withdraw();
      this.destroy();
      throw error;
    } finally {
      this.#giveUpLogin = undefined;
    }
    return this.server.accept(this);
  }

  markUnusable(): void {
    this.isUnusable = true;
  }

  ref(): void {
    this.isRef = true;
  }

  unref(): void {
    this.isRef = false;
  }

  timedOut(): Error {
    return timedOut();
  }

  override destroy(): void {
    if (this.isClosed) return;
    this.#giveUpLogin?.(connectionLost());
    super.destroy();
    this.#reportEnd();
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    const ended = this.#end();
    if (!callback) return ended;
    void ended.then(callback);
    return undefined;
  }

  /** Node shows the end of a socket at once. node-postgres reports it when both sides are closed. */
  protected override lose(): void {
    this.isUnusable = true;
    this.offer(`connection ${this.id} closes`, () => {
      this.isClosed = true;
      this.fail();
      this.#emitEnd();
    });
  }

  #end(): Promise<void> {
    const wasQueryable = this._queryable && this.state !== "busy" && this.state !== "unusable";
    this._ending = true;
    this.isLeaving = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.isClosed && !this._queryable) return Promise.resolve();
    this.once("end", resolve);
    if (!wasQueryable) this.destroy();
    else if (!this.isSilent) this.offer(`connection ${this.id} is closed`, () => this.destroy());
    return promise;
  }

  /** Node closes a socket of its own accord in the same turn. */
  #reportEnd(): void {
    this.server.scheduler.atEndOfTurn(() => this.#emitEnd());
  }

  #emitEnd(): void {
    if (!this._queryable) return;
    this._queryable = false;
    if (!this._ending) this.emit("error", connectionLost());
    this.emit("end");
  }

  #sinceMs(wallMs: number): number {
    return this.#options.runtime.clock.steadyMs() - (clocks.wallMs - wallMs);
  }
}
