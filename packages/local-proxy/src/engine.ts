import type { PoolView } from "./backend/backend-pool.js";
import type { UpstreamSecret } from "./backend/upstream-connection.js";
import type { ClientSocket } from "./client/client-socket.js";
import type { FailoverManner, LoginStage, RefusedLogin } from "./faults/faults.js";
import type { ProxyState } from "./proxy-state.js";
import type { Refusal } from "./refusal.js";
import type { RelayEnd } from "./relay/relay-end.js";

/** A database protocol, as one proxy speaks it. */
export interface Engine {
  /** Where a real proxy of the engine listens unless told otherwise. */
  readonly defaultPort: number;
  /** The database sessions of all its clients. */
  readonly pool: PoolView;
  /** A new client's protocol; `connection` counts connections from 1. */
  accept(client: ClientSocket, connection: number, proxy: ProxyState): ClientProtocol;
}

/** The protocol of one client. */
export interface ClientProtocol {
  /** The refusals of the engine, for the user that they speak of. */
  readonly refusals: Readonly<Record<RefusedLogin, (user: string, limit?: number) => Refusal>>;
  /** The refusals of clients that log in by another mode than the proxy's. */
  readonly modeRefusals: Readonly<
    Record<"passwordWrong" | "iamExpected" | "iamNotConfigured", (user: string) => Refusal>
  >;
  /**
   * Leads the client from its accepted connection to its password, calling `passStage` at each stage. Rejects with a
   * {@link Refusal}, or with `ConnectionGone`.
   */
  receiveLogin(passStage: (stage: LoginStage) => Promise<void>): Promise<PasswordLogin>;
  /** What the client is told when the login at the real server failed with this text. */
  upstreamFailed(text: string): Refusal;
  /** A refusal as the client receives it now. */
  encodeRefusal(refusal: Refusal): Buffer;
  /** Carries the messages of the client that was received. */
  createRelay(session: SessionContext): SessionRelay;
}

/** Who a session belongs to. */
export interface SessionContext {
  readonly secret: UpstreamSecret;
  readonly log: SessionLog;
  /** What the client is told when nothing could be borrowed. */
  refusalOf(error: unknown): Refusal;
}

/** Writes a line about one client connection. */
export type SessionLog = (line: string, level?: "INFO" | "WARN") => void;

/** Whom a client claims to be, and how it proves that: by a text that it sent, or by one that it was shown to know. */
export interface PasswordLogin {
  readonly user: string;
  readonly proof:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "checked"; readonly isRight: boolean };
}

/** Carries one logged-in client's messages to the database and the replies back. */
export interface SessionRelay {
  /** Borrows for the first time, and gives what completes the client's own login. */
  connect(): Promise<Buffer>;
  /** Whether no request is under way. */
  readonly isAnswered: boolean;
  /** Whether a transaction is. */
  readonly isInTransaction: boolean;
  /** Since when it has waited for a backend, in ms of `performance.now()`. */
  readonly waitingSinceMs: number | undefined;
  /** The number of its backend. */
  readonly databaseConnection: number | undefined;
  readonly isPinned: boolean;
  /** When something last went either way, in ms of the proxy's clock. */
  readonly lastActiveAtMs: number;
  /** Whether it was silenced. */
  readonly isSilent: boolean;
  /** From now on swallows what comes from either side; only the client can end this. */
  silence(): void;
  /** Loses its backend, and says how its client takes that; `"unaffected"` when it had none. */
  failOver(manner: FailoverManner): "unaffected" | "notified" | "ends";
  /** Relays until `stopped` resolves, or one side ends, and says which. */
  run<T>(stopped: Promise<T>): Promise<RelayEnd | T>;
  /** Lets go of the backend, if it has one; resolves when that is closed. */
  closeBackend(manner: "cancel" | "drop"): Promise<void>;
  /** The error that ends the session; `undefined` where the client would not understand it, inside a message. */
  fatalError(reason: FatalReason): Buffer | undefined;
}

/** Why a session ends with an error. */
export type FatalReason = "admin-shutdown" | "borrow-timed-out" | "client-broke-protocol";
