import type { ClientMessage } from "./client/client-message.js";
import type { FatalReason } from "./engine.js";
import type { StatementFault } from "./faults/faults.js";
import type { Refusal } from "./refusal.js";

/** A stretch of one message; a message that spans chunks comes in several. */
export interface MessagePiece {
  /** Of the message as framed. The first piece holds the whole header at least. */
  readonly bytes: Buffer;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** The bytes do not follow the protocol's framing. */
export class BrokenFraming extends Error {
  override readonly name = "BrokenFraming";
}

/**
 * What an engine knows about the course of a session: where messages begin, and when the database has answered. Every
 * piece is to be noted in the order of its coming, a client's when it is sent on.
 */
export interface Conversation<Piece extends MessagePiece> {
  /** Everything that was sent has been answered, and no request is half sent. */
  readonly isAnswered: boolean;
  /** Whether the session is inside a transaction, a failed one included, as the server told last. */
  readonly isInTransaction: boolean;
  /** Whether requests are passed over, since they belong to one that was abandoned. */
  readonly isSkipping: boolean;
  /** Cuts what a client sent. Throws {@link BrokenFraming}. */
  splitRequests(chunk: Buffer): Iterable<Piece>;
  /** Whether a request begins or goes on here, as opposed to data that the database asked for. */
  isRequest(piece: Piece): boolean;
  /** Whether this begins what `loseNextReply` is about. */
  opensStatement(piece: Piece): boolean;
  /** Whether this counts as a statement in the metrics. */
  countsAsStatement(piece: Piece): boolean;
  /** Whether the client wants to end the session. */
  endsSession(piece: Piece): boolean;
  /**
   * What the database gets instead of the message that begins here; `undefined` when it gets the message. A statement
   * takes the fault that is armed for it.
   */
  replacement(piece: Piece, faults: { take(): StatementFault | undefined }): Buffer | undefined;
  /** Notes a client's piece. */
  onRequest(piece: Piece): void;
  /** Notes a piece of the database, and says whether the database waits for the client now. */
  onReply(piece: Piece): boolean;
  /** What the client gets for a piece of the database. */
  rewrite(piece: Piece): Buffer;
  /** The message that ends with this piece of a client; `undefined` when none does. */
  read(piece: Piece): ClientMessage | undefined;
  /**
   * Answers everything that waits for an answer with an error, in the database's place, and forgets the transaction. A
   * request that is half sent is passed over from now on.
   */
  abandon(error: Refusal): Buffer;
  /** Notes a piece that is passed over, and gives what the client gets for it. */
  skip(piece: Piece): Buffer;
  /** The error that ends the session, for a client that has got whole messages only. */
  fatalError(reason: FatalReason): Buffer;
}
