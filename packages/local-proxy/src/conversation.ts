import type { ClientMessage } from "./client/client-message.js";
import type { FatalReason } from "./engine.js";
import type { StatementFault } from "./faults/faults.js";
import type { Refusal } from "./refusal.js";

/** Part of a message: the whole of it, or what one chunk holds of it. */
export interface MessagePiece {
  /** The bytes with the framing. The first piece holds at least the whole header. */
  readonly bytes: Buffer;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/**
 * A request of a client is forwarded as a whole up to this length, in bytes, so that half a request holds no database
 * connection. The rest of a longer one follows as it arrives.
 */
export const longestHeldRequest: number = 64 * 1024;

/** The bytes do not follow the protocol's framing. */
export class BrokenFraming extends Error {
  override readonly name = "BrokenFraming";
}

/**
 * The protocol state of one client session: where messages begin, and whether the database has answered. The relay
 * passes every piece in order: replies as they arrive, requests as it forwards them.
 */
export interface Conversation<Piece extends MessagePiece> {
  /** Whether the database has answered every request, and no message is half sent. */
  readonly isAnswered: boolean;
  /** Whether the database can do nothing until the client sends more. */
  readonly isWaitingForClient: boolean;
  /**
   * Whether the session is inside a transaction, a failed one included, by the server's last report, or sends the data of
   * a statement.
   */
  readonly isInTransaction: boolean;
  /** Whether requests are skipped because they belong to an abandoned one. */
  readonly isSkipping: boolean;
  /**
   * Splits what a client sent into messages. Keeps back a message, or the messages of one request, until it is complete
   * or longer than {@link longestHeldRequest}. Throws {@link BrokenFraming}.
   */
  splitRequests(chunk: Buffer): Iterable<Piece>;
  /** Whether this belongs to a request, as opposed to data that the database asked for. */
  isRequest(piece: Piece): boolean;
  /** Whether this begins a statement to which `loseNextReply` applies. */
  opensStatement(piece: Piece): boolean;
  /** Whether this counts as a statement in the metrics. */
  countsAsStatement(piece: Piece): boolean;
  /** Whether a message of the client, which is read in order, makes the database run a text with a COMMIT. */
  runsCommit(message: ClientMessage): boolean;
  /** Whether this message ends the session: `Terminate`, `COM_QUIT`. */
  endsSession(piece: Piece): boolean;
  /**
   * The bytes to send in place of the message that begins here; `undefined` to send the message itself. A statement
   * uses up the fault that is armed for it.
   */
  replacement(piece: Piece, faults: { take(): StatementFault | undefined }): Buffer | undefined;
  /** Records a piece from the client. */
  onRequest(piece: Piece): void;
  /** Records a piece from the database, and returns whether the database now waits for the client. */
  onReply(piece: Piece): boolean;
  /** The bytes that the client gets for a piece from the database. */
  rewrite(piece: Piece): Buffer;
  /** The client's message that ends with this piece; `undefined` when none does. */
  read(piece: Piece): ClientMessage | undefined;
  /**
   * Forgets the transaction, and returns the replies that answer every open request with an error. The rest of a
   * half-sent request is skipped, but a half-sent message is not answered: the caller drops or refuses it.
   */
  abandon(error: Refusal): Buffer;
  /** Records a skipped piece, and returns the bytes that the client gets for it. */
  skip(piece: Piece): Buffer;
  /** The error message that ends the session. Only valid between two messages to the client. */
  fatalError(reason: FatalReason): Buffer;
}
