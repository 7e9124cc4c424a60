import type { Backend, ProxyStatement } from "./backend/backend.js";
import type { BorrowRequest } from "./backend/backend-pool.js";
import type { ClientMessage } from "./client/client-message.js";
import type { MessagePiece } from "./conversation.js";
import type { PinCause } from "./pinning/pin.js";
import type { Refusal } from "./refusal.js";

/** A statement of the proxy, and the error that the server had for it. */
interface RestoringStatement<Piece extends MessagePiece> extends ProxyStatement<Piece> {
  readonly error: Refusal | undefined;
}

/** The session state that a client takes from one backend to the next. */
export interface SessionState<Piece extends MessagePiece> {
  /** What the session has to borrow now. */
  borrowRequest(): BorrowRequest<Backend<Piece>>;
  /** Records a message to the database, and returns why it pins the session; `undefined` when it does not. */
  note(message: ClientMessage): PinCause | undefined;
  /**
   * Updates the state and the backend's key with what the last requests changed, before the backend goes back to the
   * pool. Returns `undefined` when that took no query.
   */
  readChanges(backend: Backend<Piece>): Promise<void> | undefined;
  /**
   * The statement that gives a backend what a request that begins with this piece relies on; `undefined` for none. Its
   * error refuses the request.
   */
  restore(piece: Piece): RestoringStatement<Piece> | undefined;
  /** The statement that sets the backend's following transactions to read only, or back. */
  readOnlyStatement(isReadOnly: boolean): ProxyStatement<Piece>;
}
