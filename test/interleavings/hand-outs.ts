import { clocks } from "./owned-globals.js";
import type { Moment } from "./scheduler.js";
import { type Link, PING, ROLLBACK, type SimulatedServer } from "./simulated-server.js";
import { Violation } from "./violation.js";

/** A wall-clock time in which a connection counts as alive without a ping: the default of `validateAfterIdleMs`. */
const VALIDATE_AFTER_MS = 5000;

/** Which invocation has which connection, and the promises about that. */
export class HandOuts {
  readonly #server: SimulatedServer;
  readonly #holders = new Map<Link, string>();
  readonly #maxConnections: number;
  readonly #watched = new WeakSet<Link>();
  /** Invocations that never reported their end. The next one cleans up after them. */
  readonly abandoned = new Set<string>();
  /** Whether connections belong to a pool: their session state stays, and a transaction until the next use. */
  isPool = false;
  /** Whether idle connections keep the process alive, as with mysql2's own pool. */
  keepsProcessAlive = false;
  /** Whether the end of a connection has to be known when it is handed out. */
  checksEnds = true;
  /** Whether a holder may go on with the transaction that is open on a connection. */
  mayContinue: (link: Link, holder: string) => boolean = () => false;
  /** Since when not all connections are in use, by the monotonic clock; undefined while they are. */
  #freeSinceMs: number | undefined;
  /** Logins beside those in slots: an abandoned prefetch is closed when it ends. */
  extraLogins = 0;

  constructor(server: SimulatedServer, maxConnections: number) {
    this.#server = server;
    this.#maxConnections = maxConnections;
  }

  get isEmpty(): boolean {
    return this.#holders.size === 0;
  }

  /**
   * @param asked when the connection was asked for
   * @throws Violation if the connection must not be given to an invocation
   */
  handOut(link: Link, holder: string, asked: Moment): void {
    const { id, settings } = link;
    const what = `connection ${id} was handed to ${holder}`;
    const other = this.#holders.get(link);
    if (other !== undefined) throw new Violation("exclusive", `${what} while ${other} had it`);
    this.#holders.set(link, holder);
    // A pool gives the place of a lost connection to the next user.
    const held = [...this.#holders.keys()].filter(({ isUnusable }) => !isUnusable || !this.isPool);
    if (held.length > this.#maxConnections) {
      throw new Violation("count", `${held.length} invocations have a connection`);
    }
    if (link.isClosed) throw new Violation("dirty", `${what} after it was closed`);
    const isContinued = link.hasTransaction && this.mayContinue(link, holder);
    if (link.hasTransaction && !isContinued) throw new Violation("dirty", `${what} with an open transaction`);
    if (settings.size > 0 && !this.isPool)
      throw new Violation("dirty", `${what} with ${[...settings].join(", ")}`);
    if (link.state !== (isContinued ? "transaction" : "idle"))
      throw new Violation("dirty", `${what} while it was ${link.state}`);
    if (this.checksEnds) this.#checkEnds(link, what, asked);
    if (!link.isRef) throw new Violation("ref", `${what} without keeping the process alive`);
  }

  /** @throws Violation if the connection had ended before, as far as that could be known */
  #checkEnds(link: Link, what: string, asked: Moment): void {
    const { killed } = link;
    if (killed && isKnowable(link, killed, asked)) {
      throw new Violation("dead", `${what} although its end had arrived before that was asked for`);
    }
    if (link.isSilent && clocks.wallMs - link.lastUsedAtWallMs >= VALIDATE_AFTER_MS) {
      throw new Violation("dead", `${what} without a ping, and it is silent`);
    }
    const { freezesAtOwnRequest } = link;
    if (freezesAtOwnRequest !== undefined && freezesAtOwnRequest !== this.#server.scheduler.moment.freezes) {
      throw new Violation("dead", `${what} by an answer from before a freeze`);
    }
  }

  /** The invocation has called what ends its use. */
  takeBack(link: Link, holder: string): void {
    if (this.#holders.get(link) === holder) this.#holders.delete(link);
  }

  /** Whether a connection without a holder is on its way back to its slot, such as while the end of an answer is awaited. */
  get isReturning(): boolean {
    return !this.isPool && this.inUse > this.#holders.size;
  }

  /** For how long a connection could have been had. */
  get freeMs(): number {
    return this.#freeSinceMs === undefined ? 0 : clocks.monotonicMs - this.#freeSinceMs;
  }

  /** Connections that are in use, beside those of invocations that wait for one. */
  get inUse(): number {
    const others = this.#server.open.filter(
      (link) => link.isRef && !link.isLeaving && !link.isUnusable && !this.#holders.has(link),
    );
    return this.#holders.size + others.length;
  }

  /** @throws Violation if more connections are open than may be */
  checkCount(): void {
    const { open, opening } = this.#server;
    for (const link of open) this.#watch(link);
    if (this.inUse + opening >= this.#maxConnections) this.#freeSinceMs = undefined;
    else this.#freeSinceMs ??= clocks.monotonicMs;
    // A pool opens another one before a lost connection is closed on both sides.
    const counted = open.filter(({ isLeaving, isUnusable }) => !isLeaving && !(this.isPool && isUnusable));
    if (counted.length + opening > this.#maxConnections + this.extraLogins) {
      throw new Violation("count", `${counted.length} connections and ${opening} logins at once`);
    }
  }

  /** Statements name their invocation. They are sent while it has the connection, and the library's own while none has. */
  #watch(link: Link): void {
    if (this.#watched.has(link)) return;
    this.#watched.add(link);
    link.onSend = (text) => {
      const holder = this.#holders.get(link);
      const sender = text === PING || text === ROLLBACK ? undefined : text.split(" of ")[1];
      if (sender === holder) return;
      const message = `"${text}" was sent on connection ${link.id}, which ${holder ?? "no invocation"} has`;
      this.#server.scheduler.fail(new Violation("revoked", message));
    };
  }

  /** @throws Violation if a connection is neither idle nor closed once all invocations have ended */
  checkEnd(): void {
    for (const [link, holder] of this.#holders) {
      if (this.abandoned.has(holder)) continue;
      throw new Violation("leak", `${holder} still has connection ${link.id} at the end`);
    }
    for (const link of this.#server.open) {
      if (this.#holders.has(link) || link.isLeaving) continue;
      // The library need not see yet that a connection ended while it was idle.
      const isResting = link.state === "idle" || (this.isPool && link.state !== "unusable");
      if (!isResting && !link.killed) {
        throw new Violation("leak", `connection ${link.id} is ${link.state} at the end, and not closed`);
      }
      if (link.isRef && !this.keepsProcessAlive)
        throw new Violation("ref", `idle connection ${link.id} keeps the process alive`);
    }
  }
}

/** Whether Node has had a whole turn to read the end of a connection, from when it was asked for. */
function isKnowable(link: Link, killed: NonNullable<Link["killed"]>, asked: Moment): boolean {
  if (killed.isIdleFreeze) return asked.freezes >= killed.freezes;
  // Right after the last answer, in the same turn.
  if (killed.turn === link.lastAnswerTurn && asked.event > killed.event) return true;
  return killed.turn < asked.turn;
}
