import { connectionLost, currentServer, Link, PING, timedOut } from "./simulated-server.js";

/** MySQL's errors of a login in the place of PostgreSQL's. */
const ERRORS: Readonly<Record<string, object>> = {
  53300: { code: "ER_CON_COUNT_ERROR", errno: 1040, message: "Too many connections" },
  "3D000": { code: "ER_BAD_DB_ERROR", errno: 1049, message: "Unknown database 'app'" },
};

type Callback = (error?: unknown, connection?: unknown) => void;

/**
 * Stands for the class below mysql2's `PoolConnection` in the bundle: a connection to the simulated server with all that mysql2's
 * pool, and the pool of this library, use of one.
 */
export class SimulatedMysqlConnection extends Link {
  static readonly statementKey = (): string => "";
  readonly config: { readonly connectTimeout: number };
  readonly stream = { destroy: (): void => this.closeSocket(), destroyed: false };
  _closing = false;
  _fatalError: unknown = null;
  /** Of the library's own statements, in the place of the method of mysql2's `PoolConnection`. */
  readonly promise = () => ({ query: (text: string) => this.query(text), ping: () => this.query(PING) });
  #isConnected = false;

  constructor({ config }: { config: { connectTimeout: number } }) {
    super(currentServer(), undefined);
    this.config = config;
    const timer = setTimeout(() => {
      withdraw();
      // mysql2's own error.
      this.#failLogin(Object.assign(timedOut(), { message: "connect ETIMEDOUT" }));
    }, config.connectTimeout);
    const withdraw = this.server.startLogin((error) => {
      clearTimeout(timer);
      if (error) return this.#failLogin(error);
      this.#isConnected = true;
      this.server.accept(this);
      this.emit("connect", this);
    });
  }

  connect(callback: Callback): void {
    let isCalled = false;
    const once = (error: unknown, connection?: unknown): void => {
      if (isCalled) return;
      isCalled = true;
      callback(error, connection);
    };
    this.once("error", (error) => once(error));
    this.once("connect", () => once(null, this));
  }

  handlePacket(): void {
    throw new Error("there are no packets");
  }

  get _command(): object | null {
    return this.isWaiting && !this.isLeaving ? this : null;
  }

  /** mysql2 closes its own side, and waits for the server. */
  override destroy(): void {
    if (this.isClosed || this._closing) return;
    this._closing = true;
    this.isLeaving = true;
    if (!this.isSilent && this.#isConnected)
      this.offer(`connection ${this.id} is closed`, () => this.closeSocket());
  }

  /** Called back when the message has been written, behind the statements in flight. */
  override async end(callback?: Callback): Promise<void> {
    if (this._closing || this._fatalError) {
      process.nextTick(() =>
        callback?.(new Error("Can't add new command when connection is in closed state")),
      );
      return;
    }
    const isBusy = this.isWaiting;
    const quit = (): void => {
      callback?.();
      this.destroy();
    };
    if (!isBusy) return void process.nextTick(quit);
    const fail = (): void => callback?.(connectionLost());
    this.once("drain", () => {
      this.off("closed", fail);
      quit();
    });
    this.once("closed", fail);
  }

  closeSocket(): void {
    if (this.isClosed) return;
    this.stream.destroyed = true;
    super.destroy();
    this.emit("closed");
    this.server.scheduler.atEndOfTurn(() => this.emit("end"));
  }

  protected override lose(): void {
    this.isUnusable = true;
    this.emit("end");
    this.offer(`connection ${this.id} closes`, () => {
      this._fatalError = connectionLost();
      const wasWaiting = this.isWaiting;
      this.isClosed = true;
      this.fail();
      if (!wasWaiting) this.emit("error", this._fatalError);
      this.emit("closed");
    });
  }

  #failLogin(error: Error): void {
    if (this._fatalError) return;
    const code = "code" in error && typeof error.code === "string" ? ERRORS[error.code] : undefined;
    this._fatalError = Object.assign(error, code, { fatal: true });
    this.isClosed = true;
    this.emit("error", error);
  }
}
