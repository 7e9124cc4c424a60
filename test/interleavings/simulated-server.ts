import { EventEmitter } from "node:events";
import type { ConnectionState } from "@rds-proxy/core/adapter";
import { type Deadline, LatestTurn, type SessionWatch, within } from "@rds-proxy/core/adapter";
import { clocks } from "./owned-globals.js";
import type { Moment, Scheduler } from "./scheduler.js";

/** What the next login meets. */
export type LoginFault = "refused" | "exhausted" | "dropped" | "silent";

/** Errors of a login, as node-postgres has them. */
const LOGIN_ERRORS: Readonly<Record<Exclude<LoginFault, "silent">, { code: string; message: string }>> = {
  refused: { code: "3D000", message: 'database "app" does not exist' },
  exhausted: { code: "53300", message: "sorry, too many clients already" },
  dropped: { code: "ECONNRESET", message: "read ECONNRESET" },
};

let current: SimulatedServer | undefined;

/** The server of the present run, for drivers that open connections by themselves. */
export function currentServer(): SimulatedServer {
  if (!current) throw new Error("no schedule runs");
  return current;
}

/** A server without a network. Each of its answers is an event of the scheduler's. */
export class SimulatedServer {
  readonly links: Link[] = [];
  /** Logins under way. */
  opening = 0;
  /** What the next logins meet, in order; further ones succeed. */
  readonly faults: LoginFault[] = [];
  readonly scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    current = this;
  }

  /** Connections that this process has not closed. */
  get open(): Link[] {
    return this.links.filter(({ isClosed }) => !isClosed);
  }

  /** Whether an answer is to come, or a login is under way. */
  get isBusy(): boolean {
    return this.opening > 0 || this.links.some(({ isWaiting }) => isWaiting);
  }

  /**
   * Logs in.
   *
   * @param watch follows the session of the new connection
   * @param aborted gives the login up when it rejects
   */
  async logIn(deadline: Deadline, watch?: () => SessionWatch, aborted?: Promise<never>): Promise<Link> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const withdraw = this.startLogin((error) => (error ? reject(error) : resolve()));
    try {
      await within(aborted ? Promise.race([promise, aborted]) : promise, deadline, timedOut);
    } catch (error) {
      withdraw();
      throw error;
    }
    return this.accept(new Link(this, watch?.()));
  }

  /** Starts a login, and returns a function that gives it up. */
  startLogin(done: (error?: Error) => void): () => void {
    const fault = this.faults.shift();
    this.opening++;
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      this.opening--;
      return true;
    };
    const answer = (): void => {
      if (!end()) return;
      if (fault === undefined || fault === "silent") done();
      else done(Object.assign(new Error(LOGIN_ERRORS[fault].message), LOGIN_ERRORS[fault]));
    };
    const withdraw =
      fault === "silent"
        ? () => undefined
        : this.scheduler.offer(`a login is answered: ${fault ?? "welcome"}`, answer);
    return () => {
      withdraw();
      end();
    };
  }

  accept<Opened extends Link>(link: Opened): Opened {
    this.links.push(link);
    link.id = this.links.length;
    return link;
  }

  /** Ends all sessions, as a failover does. */
  killAll(turnsLeft: number): void {
    for (const link of this.open) link.kill(turnsLeft);
  }
}

export function timedOut(): Error {
  return Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" });
}

interface Request {
  readonly text: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
  /** How often the process had been frozen when it was sent. */
  readonly freezes: number;
}

/** Statements of the library's own. */
export const PING = "select 1";
export const ROLLBACK = "rollback";

/** A connection: the client's end, which a driver wraps, and the session at the server. */
export class Link extends EventEmitter {
  id = 0;
  readonly server: SimulatedServer;
  session: SessionWatch | undefined;
  readonly connectedAtWallMs: number = clocks.wallMs;
  lastUsedAtWallMs: number = clocks.wallMs;
  readonly turnOfLastUse: LatestTurn = new LatestTurn();
  /** Whether it keeps the process alive. */
  isRef = true;
  /** Whether this process has closed it. */
  isClosed = false;
  /** Whether this process knows that it must not be used any more. */
  isUnusable = false;
  /** Whether a pool has given it up, and closes it in order. */
  isLeaving = false;
  /** Whether the server answers no more. */
  isSilent = false;
  /** When the server ended it, and whether that was while the process was frozen and idle. */
  killed: (Moment & { readonly isIdleFreeze: boolean }) | undefined;
  /** The turn in which the last answer was read. */
  lastAnswerTurn: number;
  /** If the last answer was to a ping or rollback: how often the process had been frozen when that was sent. */
  freezesAtOwnRequest: number | undefined;
  /** Called before anything is sent. */
  onSend: (text: string) => void = () => undefined;
  /** What the session has at the server. */
  hasTransaction = false;
  readonly settings = new Set<string>();
  /** Those that a rollback undoes. */
  readonly #ofTransaction = new Set<string>();
  readonly #requests: Request[] = [];
  #isEnding = false;
  #withdraw: (() => void)[] = [];

  constructor(server: SimulatedServer, session: SessionWatch | undefined) {
    super();
    this.server = server;
    this.session = session;
    this.lastAnswerTurn = server.scheduler.moment.turn;
    this.turnOfLastUse.note();
  }

  /** Whether the server has an answer to give, and this process waits for it. */
  get isWaiting(): boolean {
    return !this.isClosed && (this.#requests.length > 0 || this.#isEnding || this.isLeaving);
  }

  get state(): ConnectionState {
    if (this.isUnusable || this.isClosed) return "unusable";
    if (this.#isEnding) return "ending";
    if (this.#requests.length > 0) return "busy";
    return this.hasTransaction ? "transaction" : "idle";
  }

  query(text: string): Promise<string> {
    if (this.isUnusable || this.isClosed) return Promise.reject(connectionLost());
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.onSend(text);
    this.session?.sent({ text, hasBackslashEscapes: false, isInTransaction: this.hasTransaction });
    this.#requests.push({ text, resolve, reject, freezes: this.server.scheduler.moment.freezes });
    if (this.#requests.length === 1 && !this.#isEnding) this.#answerNext();
    return promise;
  }

  async queryWithin(text: string, deadline: Deadline): Promise<void> {
    await within(this.query(text), deadline, timedOut);
  }

  /** The server ends the session. */
  kill(turnsLeft: number): void {
    if (this.killed || this.isClosed) return;
    const { scheduler } = this.server;
    this.killed = { ...scheduler.moment, isIdleFreeze: turnsLeft === 0 };
    this.#stopAnswers();
    this.#withdraw.push(
      scheduler.offerArrival(`the end of connection ${this.id} arrives`, turnsLeft, () => this.lose()),
    );
  }

  /** The server vanishes. */
  silence(): void {
    this.isSilent = true;
    this.#stopAnswers();
  }

  /** Closes the socket at once. */
  destroy(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#stopAnswers();
    this.fail();
  }

  /** Tells the server, which closes. */
  end(): Promise<void> {
    if (this.isClosed || this.isUnusable) {
      this.destroy();
      return Promise.resolve();
    }
    this.isUnusable = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const close = (): void => {
      this.destroy();
      resolve();
    };
    // Also after a kill: the end that arrives is the server's own.
    if (!this.isSilent) this.offer(`connection ${this.id} is closed`, close);
    return promise;
  }

  /** The connection ends without this process's doing. */
  protected lose(): void {
    this.fail();
  }

  protected offer(label: string, occur: () => void): void {
    this.#withdraw.push(this.server.scheduler.offer(label, occur));
  }

  /** Fails what is under way. */
  protected fail(): void {
    this.isUnusable = true;
    this.#isEnding = false;
    for (const { reject } of this.#requests.splice(0)) reject(connectionLost());
  }

  #answerNext(): void {
    const [request] = this.#requests;
    if (!request || this.isSilent || this.killed) return;
    this.offer(`connection ${this.id} answers "${request.text}"`, () => this.#answer(request));
  }

  #answer(request: Request): void {
    const { text, freezes } = request;
    this.#requests.shift();
    this.freezesAtOwnRequest = text === PING || text === ROLLBACK ? freezes : undefined;
    if (text.startsWith("fail")) {
      this.#isEnding = true;
      request.reject(Object.assign(new Error("syntax error"), { code: "42601" }));
      this.offer(`connection ${this.id} has answered`, () => {
        this.#isEnding = false;
        this.#answered();
      });
      return;
    }
    this.#execute(text);
    request.resolve(text);
    this.#answered();
  }

  #answered(): void {
    this.lastUsedAtWallMs = clocks.wallMs;
    this.lastAnswerTurn = this.server.scheduler.moment.turn;
    this.turnOfLastUse.note();
    if (this.#requests.length === 0) this.emit("drain");
    this.#answerNext();
  }

  #execute(text: string): void {
    const [verb] = text.split(" ");
    if (verb === "begin" && !this.hasTransaction) {
      this.hasTransaction = true;
      this.session?.began();
    } else if ((verb === "commit" || verb === "rollback") && this.hasTransaction) {
      this.hasTransaction = false;
      if (verb === "rollback") for (const setting of this.#ofTransaction) this.settings.delete(setting);
      this.#ofTransaction.clear();
      this.session?.ended(verb);
    } else if (verb === "set" && !this.settings.has(text)) {
      this.settings.add(text);
      if (this.hasTransaction) this.#ofTransaction.add(text);
    }
  }

  #stopAnswers(): void {
    for (const withdraw of this.#withdraw) withdraw();
    this.#withdraw = [];
  }
}

export function connectionLost(): Error {
  return Object.assign(new Error("Connection terminated unexpectedly"), { code: "ECONNRESET" });
}
