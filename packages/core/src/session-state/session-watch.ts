import { RdsProxyError } from "../errors.js";
import { emitEvent } from "../events.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";
import type { EffectKind } from "./effects.js";
import type { SessionReader } from "./session-reader.js";

/** A statement as it is sent, and the session that it meets. */
export interface SentStatement {
  readonly text: string;
  /** Whether it is prepared: in PostgreSQL under a name, in MySQL at all. */
  readonly isPrepared?: boolean;
  /** Whether a transaction is open before it. */
  readonly isInTransaction?: boolean;
  /** Whether a backslash escapes the next character between quotes. */
  readonly hasBackslashEscapes: boolean;
  /** Whether it was issued before `adopt()`, and only waited for its turn. */
  readonly isOfConnection?: boolean;
}

/** The part of a watched session that a lease needs. */
export interface SessionState {
  /** What the statements since `adopt()` left in the session, in the order in which it came; to be used once `isRead`. */
  readonly state: readonly EffectKind[];
  /** Whether all that was sent has been read. Only the first statements of a process may not be. */
  readonly isRead: boolean;
  /** @throws when the code that reads statements cannot be loaded */
  untilRead(): Promise<void>;
  /** From now on the state that the session has belongs to the connection, and not to an invocation. */
  adopt(): void;
}

type Reading = Readonly<{
  SessionReader: typeof SessionReader;
  /** Undefined where `onPin` is never `"throw"`. */
  PIN_REMEDIES?: Readonly<Record<EffectKind, string>>;
}>;

let reading: Reading | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads the code that reads statements. It loads by itself with the first statement, while that is under way, so that no
 * cold start waits for it.
 */
function loadReading(): Promise<void> {
  loading ??= import("./session-reader.js").then((loaded) => {
    reading ??= loaded;
  });
  return loading;
}

/** To be awaited before the first statement of a connection whose statements have to be read at once. */
export async function prepareReading({
  onPin,
  sessionState,
}: Pick<ResolvedRdsProxyOptions, "onPin" | "sessionState">): Promise<void> {
  if (sessionState === "discard" || onPin === "throw") await loadReading();
  if (onPin !== "throw") return;
  const { PIN_REMEDIES } = await import("../on-demand.js");
  if (reading) reading = { ...reading, PIN_REMEDIES };
}

/**
 * Follows the statements of one connection: what they leave in its session, and whether they pin it.
 *
 * What stored procedures, functions and DO blocks do inside the server is not in a statement's text. PostgreSQL reports
 * a change of some parameters, which is passed to `parameterChanged`.
 */
export class SessionWatch implements SessionState {
  readonly #options: ResolvedRdsProxyOptions;
  #reader: SessionReader | undefined;
  /** What happened before statements could be read, in order. */
  #unread: ((reader: SessionReader) => void)[] = [];
  /** Parameters by the value that they had when the state was adopted. */
  readonly #adopted = new Map<string, string>();
  /** Parameters whose present value is another one. */
  readonly #changed = new Map<string, string>();
  #isAdopted = false;

  constructor(options: ResolvedRdsProxyOptions) {
    this.#options = options;
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
    for (const [name, value] of this.#changed) this.#adopted.set(name, value);
    this.#changed.clear();
    this.#isAdopted = true;
    if (this.#reader || !this.isRead) this.#next(({ ledger }) => ledger.clear());
  }

  /** Why a statement must not be sent: it would pin, and `onPin` is `"throw"`. Undefined where it may be sent. */
  refusal(statement: SentStatement): RdsProxyError | undefined {
    if (this.#options.onPin !== "throw" || !this.#isAdopted) return undefined;
    const kind = this.#read()?.pinOf(statement);
    if (kind === undefined) return undefined;
    return new RdsProxyError(
      "RDS_PROXY_PINNED",
      `The statement was not sent: it would pin its session to one database connection (${kind}), and onPin is "throw". ${reading?.PIN_REMEDIES?.[kind]}`,
    );
  }

  /** Notes a statement that is sent now. */
  sent(given: SentStatement): void {
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

  /** A transaction is open. */
  began(): void {
    this.#next(({ ledger }) => ledger.began());
  }

  /** A transaction has ended. */
  ended(how: "commit" | "rollback"): void {
    this.#next(({ ledger }) => ledger.ended(how));
  }

  /** The server reports the value of a parameter. */
  parameterChanged(name: string, value: string): void {
    if (!this.#isAdopted) this.#adopted.set(name, value);
    else if (this.#adopted.get(name) === value) this.#changed.delete(name);
    else this.#changed.set(name, value);
  }

  /** The connection is another user's, whose session is new. */
  changedUser(): void {
    this.#next(({ ledger }) => {
      ledger.clear();
      ledger.add(["change-user"], false);
    });
  }

  /** The server has reset the session, and with it all that its statements left there. */
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
    // `untilRead` reports a failure.
    this.untilRead().catch(() => undefined);
  }

  /** The reader, which has read all that came before; undefined while its code loads. */
  #read(): SessionReader | undefined {
    if (!reading) return undefined;
    this.#reader ??= new reading.SessionReader(this.#options.endpoint.engine);
    const unread = this.#unread;
    this.#unread = [];
    for (const work of unread) work(this.#reader);
    return this.#reader;
  }
}

/** The state of a session, as a promise only where it has yet to be read. */
export function stateOnceRead(session: SessionState): readonly EffectKind[] | Promise<readonly EffectKind[]> {
  return session.isRead ? session.state : session.untilRead().then(() => session.state);
}
