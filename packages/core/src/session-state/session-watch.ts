import { RdsProxyError } from "../errors.js";
import { emitEvent } from "../events.js";
import { loadNow } from "../loading/load-now.js";
import { loadOnDemand } from "../loading/load-on-demand.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import { nextTick } from "../time/timers.js";
import type { EffectKind } from "./effects.js";
import { isPlainQuery } from "./plain-query.js";
import type { SessionReader } from "./session-reader.js";

/** A statement as it is sent, and the session's state at that moment. */
export interface SentStatement {
  readonly text: string;
  /** Whether it is a prepared statement; in PostgreSQL only if it has a name. */
  readonly isPrepared?: boolean;
  /** Whether a transaction is open before it. */
  readonly isInTransaction?: boolean;
  /** Whether a backslash escapes the next character between quotes. */
  readonly hasBackslashEscapes: boolean;
  /** Whether it was queued before `adopt()`. */
  readonly isOfConnection?: boolean;
}

/** The part of a watched session that a lease needs. */
export interface SessionState {
  /** The kinds of state that statements since `adopt()` left, in order. Complete once `isRead`. */
  readonly state: readonly EffectKind[];
  /** Whether all statements that were sent have been read; false only while the code that reads them loads. */
  readonly isRead: boolean;
  /** @throws when the code that reads statements cannot be loaded */
  untilRead(): Promise<void>;
  /** Attributes the session's present state to the connection, so that it does not count as an invocation's. */
  adopt(): void;
  /**
   * Runs work that sets up the connection. Its statements belong to the connection and are not refused; if it rejects, so do
   * those that follow, until it is run again.
   */
  setUp(work: () => Promise<void>): Promise<void>;
  /** To be called when the connection is released and stays open: publishes the event `keep` if it keeps state. */
  reportKept(): void;
}

type Reading = Readonly<{
  SessionReader: typeof SessionReader;
  /** Undefined until a connection has `onPin: "throw"`. */
  PIN_REMEDIES?: Readonly<Record<EffectKind, string>>;
}>;

let reading: Reading | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads the code that reads statements. The first statement starts this while it is being executed, so that no cold start waits
 * for it.
 */
function loadReading(): Promise<void> {
  loading ??= loadNow(() => import("./session-reader.js")).then((loaded) => {
    reading ??= loaded;
  });
  return loading;
}

/** To be awaited before the first statement of a connection, if its options require that statements are read as they are sent. */
export async function prepareReading({
  onPin,
  sessionState,
}: Pick<ResolvedRdsProxyOptions, "onPin" | "sessionState">): Promise<void> {
  if (sessionState === "discard" || onPin === "throw") await loadReading();
  if (onPin !== "throw") return;
  const { PIN_REMEDIES } = await loadOnDemand();
  if (reading) reading = { ...reading, PIN_REMEDIES };
}

/**
 * Follows the statements of one connection: the state that they leave in its session, and whether they pin it.
 *
 * The text of a statement does not show what stored procedures, functions and DO blocks do. PostgreSQL reports changes of some
 * parameters, which are passed to `parameterChanged`; MySQL's session tracking reports those of some variables.
 */
export class SessionWatch implements SessionState {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #markQueued: () => void;
  #reader: SessionReader | undefined;
  /** Work that waits for the reader's code, in order. */
  #unread: ((reader: SessionReader) => void)[] = [];
  /** The reported parameters with their values when the state was adopted. */
  readonly #adopted = new Map<string, string>();
  /** Parameters whose current value differs from that. */
  readonly #changed = new Map<string, string>();
  #isAdopted = false;
  /** The kinds of kept state that were reported. */
  readonly #reported = new Set<EffectKind>();

  /**
   * @param markQueued called when the state is adopted: statements that are still queued then have to be passed to `sent` with
   *   `isOfConnection`
   */
  constructor(options: ResolvedRdsProxyOptions, markQueued: () => void = () => undefined) {
    this.#options = options;
    this.#markQueued = markQueued;
  }

  get state(): readonly EffectKind[] {
    const state = this.#reader?.ledger.state ?? [];
    return this.#changed.size === 0 || state.includes("set") ? state : [...state, "server-parameter"];
  }

  get isRead(): boolean {
    return this.#unread.length === 0;
  }

  async untilRead(): Promise<void> {
    await loadReading();
    this.#read();
  }

  adopt(): void {
    this.#markQueued();
    for (const [name, value] of this.#changed) this.#adopted.set(name, value);
    this.#changed.clear();
    this.#isAdopted = true;
    if (this.#reader || !this.isRead) this.#next(({ ledger }) => ledger.clear());
  }

  async setUp(work: () => Promise<void>): Promise<void> {
    this.#isAdopted = false;
    await work();
    this.adopt();
  }

  reportKept(): void {
    const isClean = this.#reader ? !this.#reader.ledger.isDirty : this.isRead;
    if (isClean && this.#changed.size === 0) return;
    this.#next(() => {
      const state = this.state.filter((kind) => !this.#reported.has(kind));
      if (state.length === 0) return;
      for (const kind of state) this.#reported.add(kind);
      emitEvent("keep", this.#options.endpoint, () => ({ state }));
    });
  }

  /** The error for a statement that must not be sent: it would pin, and `onPin` is `"throw"`. Undefined if it may be sent. */
  refusal(statement: SentStatement): RdsProxyError | undefined {
    if (this.#options.onPin !== "throw" || !this.#isAdopted) return undefined;
    const kind = this.#read()?.pinOf(statement);
    if (kind === undefined) return undefined;
    return new RdsProxyError(
      "RDS_PROXY_PINNED",
      `The statement was not sent: it would pin its session to one database connection (${kind}), and onPin is "throw". ${reading?.PIN_REMEDIES?.[kind]}`,
    );
  }

  /** To be called when a statement is sent. */
  sent(given: SentStatement): void {
    // Then the first statement of a cold start does not load the code.
    if (!reading && this.isRead && isPlainQuery(given)) return;
    const isOfConnection = given.isOfConnection || !this.#isAdopted;
    const statement = { ...given, isOfConnection };
    this.#next((reader) => {
      const kind = reader.read(statement);
      if (kind === undefined) return;
      emitEvent("pin", this.#options.endpoint, () => ({
        kind,
        source: isOfConnection ? "connect" : "invocation",
      }));
    });
  }

  /** To be called when an answer reports an open transaction. */
  began(): void {
    this.#next(({ ledger }) => ledger.began());
  }

  /** To be called when a transaction has ended. */
  ended(how: "commit" | "rollback"): void {
    this.#next(({ ledger }) => ledger.ended(how));
  }

  /** To be called when the server reports that the session has changed. It counts if no statement explains it. */
  changed(): void {
    if (!this.#isAdopted) return;
    this.#next(({ ledger }) => {
      if (!ledger.isDirty) ledger.add(["server-parameter"], false);
    });
  }

  /** To be called when the server reports a parameter's value. */
  parameterChanged(name: string, value: string): void {
    if (!this.#isAdopted) this.#adopted.set(name, value);
    else if (this.#adopted.get(name) === value) this.#changed.delete(name);
    else this.#changed.set(name, value);
  }

  /** To be called after a change of users: the session is new, but not that of the configured user. */
  changedUser(): void {
    this.#next(({ ledger }) => {
      ledger.clear();
      ledger.add(["change-user"], false);
    });
  }

  /** To be called after the server has reset the session, which removes all state. */
  reset(): void {
    this.#next(({ ledger }) => ledger.clear());
  }

  #next(work: (reader: SessionReader) => void): void {
    const reader = this.#read();
    if (reader) {
      work(reader);
      return;
    }
    this.#unread.push(work);
    // Once the statement has been written, so that the server executes it meanwhile. `untilRead` reports a failure.
    if (!loading) nextTick(() => this.untilRead().catch(() => undefined));
  }

  /** The reader, after all waiting work is done; undefined while its code loads. */
  #read(): SessionReader | undefined {
    if (!reading) return undefined;
    this.#reader ??= new reading.SessionReader(this.#options.endpoint.engine);
    if (!this.isRead) {
      const unread = this.#unread;
      this.#unread = [];
      for (const work of unread) work(this.#reader);
    }
    return this.#reader;
  }
}

/** The state of a session; a promise only if statements still have to be read. */
export function stateOnceRead(session: SessionState): readonly EffectKind[] | Promise<readonly EffectKind[]> {
  return session.isRead ? session.state : session.untilRead().then(() => session.state);
}

/** Why a connection with session state is discarded, as in the event `discard`. */
export function sessionStateReason(state: readonly string[]): string {
  return `session state: ${state.join(", ")}`;
}
