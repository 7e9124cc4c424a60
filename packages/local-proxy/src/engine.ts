import type { PoolView } from "./backend/backend-pool.js";
import type {
  UpstreamConnection,
  UpstreamLoginResult,
  UpstreamSecret,
} from "./backend/upstream-connection.js";
import type { ClientSocket } from "./client/client-socket.js";
import type { FailoverManner, LoginStage, RefusedLogin } from "./faults/faults.js";
import type { ProxyState } from "./proxy-state.js";
import type { Refusal } from "./refusal.js";
import type { RelayEnd } from "./relay/relay-end.js";

/** One proxy's implementation of a database protocol. */
export interface Engine {
  /** The default port of a real RDS Proxy of this engine. */
  readonly defaultPort: number;
  /** The database connections of all clients. */
  readonly pool: PoolView;
  /** Logs in at the database without a client. */
  logIn(
    upstream: UpstreamConnection,
    secret: UpstreamSecret,
    database: string | undefined,
  ): Promise<UpstreamLoginResult>;
  /** Creates the protocol for a new client; `connection` is its number, from 1. */
  accept(client: ClientSocket, connection: number, proxy: ProxyState): ClientProtocol;
}

/** The protocol of one client. */
export interface ClientProtocol {
  /** The engine's refusals, for the user that they name. */
  readonly refusals: Readonly<Record<RefusedLogin, (user: string, limit?: number) => Refusal>>;
  /** The refusals for clients that log in by another mode than the proxy's. */
  readonly modeRefusals: Readonly<
    Record<"passwordWrong" | "iamExpected" | "iamNotConfigured", (user: string) => Refusal>
  >;
  /**
   * Runs the login from the accepted connection to the password, and calls `passStage` at each stage. Rejects with a
   * {@link Refusal} or `ConnectionGone`.
   */
  receiveLogin(passStage: (stage: LoginStage) => Promise<void>): Promise<PasswordLogin>;
  /** The refusal for a client when the real server refused the proxy's login as `user` with this error. */
  upstreamRefused(error: Refusal, user: string): Refusal;
  /** The refusal for a client when the login at the real server failed with this text. */
  upstreamFailed(text: string): Refusal;
  /** Encodes a refusal for the current point of the protocol. */
  encodeRefusal(refusal: Refusal): Buffer;
  /** Creates the relay for the client, after {@link receiveLogin}. */
  createRelay(session: SessionContext): SessionRelay;
}

/** What a relay has to know of its session. */
export interface SessionContext {
  readonly secret: UpstreamSecret;
  readonly log: SessionLog;
  /** The refusal for a client when borrowing failed with this error. */
  refusalOf(error: unknown): Refusal;
}

/** Writes a line about one client connection. */
export type SessionLog = (line: string, level?: "INFO" | "WARN") => void;

/** A client's user name and proof: the text that it sent, or the outcome of a challenge. */
export interface PasswordLogin {
  readonly user: string;
  readonly proof:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "checked"; readonly isRight: boolean };
}

/** Carries the messages of one logged-in client to the database, and the replies back. */
export interface SessionRelay {
  /** Borrows the first backend, and resolves with the messages that complete the client's login. */
  connect(): Promise<Buffer>;
  /** Whether the database has answered every request. */
  readonly isAnswered: boolean;
  /** Whether neither the proxy nor the database has anything to do until the client sends more. */
  readonly isWaitingForClient: boolean;
  /** Whether the session is inside a transaction. */
  readonly isInTransaction: boolean;
  /** When it began to wait for a backend, in ms of `performance.now()`; `undefined` while it does not. */
  readonly waitingSinceMs: number | undefined;
  /** The number of its database connection, if it has one. */
  readonly databaseConnection: number | undefined;
  readonly isPinned: boolean;
  /** Statements so far. */
  readonly queryCount: number;
  /** When a message last passed in either direction, in ms of the proxy's clock. */
  readonly lastActiveAtMs: number;
  /** Whether {@link silence} was called. */
  readonly isSilent: boolean;
  /** Drops what comes from either side from now on, until the client disconnects. */
  silence(): void;
  /**
   * Loses its backend to a failover. `"unaffected"`: it had none; `"notified"`: the client got an error and stays;
   * `"ends"`: the session has to end.
   */
  failOver(manner: FailoverManner): "unaffected" | "notified" | "ends";
  /** Relays until `stopped` resolves or one side ends; resolves with the reason. */
  run<T>(stopped: Promise<T>): Promise<RelayEnd | T>;
  /** Closes the backend, if it has one; with `"cancel"` also cancels its statement. Resolves when it is closed. */
  closeBackend(manner: "cancel" | "drop"): Promise<void>;
  /** The error message that ends the session; `undefined` while a message to the client is half sent. */
  fatalError(reason: FatalReason): Buffer | undefined;
}

/** Why the proxy ends a session with an error. */
export type FatalReason = "admin-shutdown" | "borrow-timed-out" | "client-broke-protocol";
