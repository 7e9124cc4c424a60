import type { MessagePiece } from "../conversation.js";
import type { Poolable } from "./backend-pool.js";
import type { Upstream, UpstreamSession } from "./upstream.js";

/** Who has borrowed a backend, and gets what the database says. */
export interface BackendHolder<Piece extends MessagePiece> {
  /** Takes replies; the database is read on when the promise resolves. */
  onReplies(pieces: Iterable<Piece>): Promise<void>;
  /** The connection to the database has ended, with a reset or in good order. */
  onDatabaseEnd(hasFailed: boolean): void;
}

/** A statement of the proxy's own, which no client hears of. */
export interface OwnStatement<Piece extends MessagePiece> {
  readonly request: Buffer;
  /** Takes a piece of the reply, and says whether it is complete. */
  onReply(piece: Piece): boolean;
}

/** What a backend is made of. */
export interface BackendParts<Piece extends MessagePiece> {
  readonly id: number;
  readonly key: string;
  readonly upstream: Upstream;
  readonly session: UpstreamSession;
  /** Cuts what the database sends. */
  splitReplies(chunk: Buffer): Iterable<Piece>;
  /** The pool's clock, in ms. */
  now(): number;
}

/** A session of the real server, which borrowers use one after the other. */
export class Backend<Piece extends MessagePiece> implements Poolable {
  /** Counted from 1. */
  readonly id: number;
  readonly openedAtMs: number;
  returnedAtMs: number;
  key: string;
  /** What a client has to know at its login, as the server sent it. */
  greeting: Buffer;
  /** Whether the proxy has made its transactions read only. */
  isReadOnly = false;
  /** What it would do to the next borrower is not known: it is not to be given back. */
  isSpoilt = false;
  /** Settings as they were before any borrower, by name. */
  defaults: ReadonlyMap<string, string> = new Map();
  readonly #parts: BackendParts<Piece>;
  #holder: BackendHolder<Piece> | undefined;
  #own: { readonly statement: OwnStatement<Piece>; readonly done: () => void } | undefined;
  #hasEnded = false;

  constructor(parts: BackendParts<Piece>) {
    this.#parts = parts;
    this.id = parts.id;
    this.key = parts.key;
    this.greeting = parts.session.greeting;
    this.openedAtMs = parts.now();
    this.returnedAtMs = this.openedAtMs;
    void this.#listen();
  }

  get isOpen(): boolean {
    return !this.#hasEnded;
  }

  get closed(): Promise<void> {
    return this.#parts.upstream.closed;
  }

  /** From now on replies go to the holder; to nobody without one. */
  lendTo(holder: BackendHolder<Piece> | undefined): void {
    this.#holder = holder;
    if (holder === undefined) this.returnedAtMs = this.#parts.now();
  }

  send(bytes: Buffer): Promise<void> {
    return this.#parts.upstream.write(bytes);
  }

  /** Runs a statement of the proxy's own between two requests; resolves at its end or the connection's. */
  async run(statement: OwnStatement<Piece>): Promise<void> {
    if (this.#hasEnded) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#own = { statement, done: resolve };
    await this.send(statement.request);
    await promise;
  }

  /** Asks the server to cancel what runs. Best effort. */
  cancel(): Promise<void> {
    return this.#parts.session.cancel();
  }

  async terminate(): Promise<void> {
    this.lendTo(undefined);
    await this.#parts.upstream.terminate(this.#parts.session.farewell);
  }

  async destroy(): Promise<void> {
    this.lendTo(undefined);
    await this.#parts.upstream.destroy();
  }

  async #listen(): Promise<void> {
    const { upstream } = this.#parts;
    for (let chunk = await upstream.reader.readChunk(); chunk; chunk = await upstream.reader.readChunk()) {
      const pieces = this.#withoutOwn(this.#parts.splitReplies(chunk));
      if (this.#holder !== undefined) await this.#holder.onReplies(pieces);
      // What a server says unasked, to nobody, is of no use; but the messages' borders have to be kept.
      for (const _ of pieces);
    }
    this.#hasEnded = true;
    this.#own?.done();
    this.#holder?.onDatabaseEnd(upstream.hasFailed);
  }

  *#withoutOwn(pieces: Iterable<Piece>): Generator<Piece> {
    for (const piece of pieces) {
      const own = this.#own;
      if (own === undefined) {
        yield piece;
      } else if (own.statement.onReply(piece)) {
        this.#own = undefined;
        own.done();
      }
    }
  }
}
