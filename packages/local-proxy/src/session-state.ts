import type { Backend, ProxyStatement } from "./backend/backend.js";
import type { BorrowRequest } from "./backend/backend-pool.js";
import type { ClientMessage } from "./client/client-message.js";
import type { MessagePiece } from "./conversation.js";
import type { PinCause } from "./pinning/pin.js";

/** What one client's session needs of whichever backend it has. */
export interface SessionState<Piece extends MessagePiece> {
  /** What to ask the pool for now. */
  borrowRequest(): BorrowRequest<Backend<Piece>>;
  /** Notes a message that goes to the database, and says why it pins the session; `undefined` when it does not. */
  note(message: ClientMessage): PinCause | undefined;
  /**
   * Finds out what the last requests changed, and marks the backend with it, before it is given back. `undefined` when
   * that needed no question to the database.
   */
  readChanges(backend: Backend<Piece>): Promise<void> | undefined;
  /** Makes the following transactions of a backend read only, or lifts that. */
  readOnlyStatement(isReadOnly: boolean): ProxyStatement<Piece>;
}
