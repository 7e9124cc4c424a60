import type { MessagePiece } from "../conversation.js";
import type { Poolable } from "./backend-pool.js";
import type { UpstreamConnection, UpstreamLoginResult } from "./upstream-connection.js";

/** The client session that has borrowed a backend. */
export interface BackendBorrower<Piece extends MessagePiece> {
  /** Receives replies. The backend reads on when the promise resolves. */
  onReplies(pieces: Iterable<Piece>): Promise<void>;
  /** The connection to the database has ended; `hasFailed` by a reset. */
  onDatabaseEnd(hasFailed: boolean): void;
}

/** A statement that the proxy sends itself; clients do not see its reply. */
export interface ProxyStatement<Piece extends MessagePiece> {
  readonly request: Buffer;
  /** Receives a piece of the reply, and returns whether the reply is complete. */
  onReply(piece: Piece): boolean;
}

/** The constructor arguments of {@link Backend}. */
export interface BackendParts<Piece extends MessagePiece> {
  readonly id: number;
  readonly key: string;
  readonly upstream: UpstreamConnection;
  readonly login: UpstreamLoginResult;
  /** Splits what the database sends into messages. */
  splitReplies(chunk: Buffer): Iterable<Piece>;
  /** Whether a message that begins with this piece is an error. */
  isError(piece: Piece): boolean;
  /** Whether a reply that begins with this piece says that the server ends the session. */
  endsSession(piece: Piece): boolean;
  /** The proxy's clock, in ms since the epoch. */
  now(): number;
}

/** One logged-in connection to the database, used by one borrower at a time. */
export class Backend<Piece extends MessagePiece> implements Poolable {
  /** Counted from 1. */
  readonly id: number;
  readonly openedAtMs: number;
  returnedAtMs: number;
  key: string;
  /** What the server sent at login and a client has to receive at its own. */
  greeting: Buffer;
  /** Whether the proxy has set its transactions to read only. */
  isReadOnly = false;
  /** Values of the tracked variables before the first borrower, by name. */
  defaults: ReadonlyMap<string, string> = new Map();
  readonly #parts: BackendParts<Piece>;
  #borrower: BackendBorrower<Piece> | undefined;
  #running: { readonly statement: ProxyStatement<Piece>; readonly done: () => void } | undefined;
  #hasEnded = false;
  #isUnusable = false;

  constructor(parts: BackendParts<Piece>) {
    this.#parts = parts;
    this.id = parts.id;
    this.key = parts.key;
    this.greeting = parts.login.greeting;
    this.openedAtMs = parts.now();
    this.returnedAtMs = this.openedAtMs;
    void this.#listen();
  }

  get isFit(): boolean {
    return !this.#hasEnded && !this.#isUnusable && !this.#parts.upstream.reader.ended.aborted;
  }

  get closed(): Promise<void> {
    return this.#parts.upstream.closed;
  }

  /** Sends replies to this borrower from now on; drops them without one. */
  setBorrower(borrower: BackendBorrower<Piece> | undefined): void {
    this.#borrower = borrower;
    if (borrower === undefined) this.returnedAtMs = this.#parts.now();
  }

  /** Its session state is unknown, or the server ends it: it must not be lent any more. */
  markUnusable(): void {
    this.#isUnusable = true;
  }

  /** Takes a piece outside of a reply. With an error there the server announces that it ends the session. */
  onUnsolicited(piece: Piece): void {
    if (piece.isFirst && this.#parts.isError(piece)) this.markUnusable();
  }

  send(bytes: Buffer): Promise<void> {
    return this.#parts.upstream.write(bytes);
  }

  /** Runs a statement of the proxy between two requests; resolves when the reply is complete or the connection ends. */
  async run(statement: ProxyStatement<Piece>): Promise<void> {
    if (this.#hasEnded) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running = { statement, done: resolve };
    await this.send(statement.request);
    await promise;
  }

  /** Asks the server to cancel the running statement. Best effort. */
  cancel(): Promise<void> {
    return this.#parts.login.cancel();
  }

  async end(): Promise<void> {
    this.setBorrower(undefined);
    await this.#parts.upstream.end(this.#parts.login.endMessage);
  }

  async destroy(): Promise<void> {
    this.setBorrower(undefined);
    await this.#parts.upstream.destroy();
  }

  async #listen(): Promise<void> {
    const { upstream } = this.#parts;
    for (let chunk = await upstream.reader.readChunk(); chunk; chunk = await upstream.reader.readChunk()) {
      const pieces = this.#withoutProxyReplies(this.#parts.splitReplies(chunk));
      if (this.#borrower !== undefined) await this.#borrower.onReplies(pieces);
      for (const piece of pieces) this.onUnsolicited(piece);
      if (this.#isUnusable && this.#borrower === undefined) void this.end();
    }
    this.#hasEnded = true;
    this.#running?.done();
    this.#borrower?.onDatabaseEnd(upstream.hasFailed);
  }

  *#withoutProxyReplies(pieces: Iterable<Piece>): Generator<Piece> {
    for (const piece of pieces) {
      const running = this.#running;
      if (piece.isFirst && this.#parts.endsSession(piece)) this.markUnusable();
      if (running === undefined) {
        yield piece;
      } else if (running.statement.onReply(piece)) {
        this.#running = undefined;
        running.done();
      }
    }
  }
}
