import type { ClientSocket } from "./client-socket.js";
import type { LoginStage, RefusedLogin } from "./faults.js";
import type { ProxyState } from "./proxy-state.js";
import type { Refusal } from "./refusal.js";
import type { RelayEnd } from "./relay-end.js";
import type { Upstream } from "./upstream.js";

/** A database protocol, as one proxy speaks it. */
export interface Engine {
  /** Where a real proxy of the engine listens unless told otherwise. */
  readonly usualPort: number;
  /** A new client's protocol; `connection` counts connections from 1. */
  accept(client: ClientSocket, connection: number, proxy: ProxyState): ClientProtocol;
}

/** The protocol of one client. */
export interface ClientProtocol {
  /** The refusals of the engine, for the user that they speak of. */
  readonly refusals: Readonly<Record<RefusedLogin, (user: string) => Refusal>>;
  /**
   * Leads the client from its accepted connection to its password, calling `passStage` at each stage. Rejects with a
   * {@link Refusal}, or with `ConnectionGone`.
   */
  receiveLogin(passStage: (stage: LoginStage) => Promise<void>): Promise<PasswordLogin>;
  /** Does the login of the client that was received at the real server. Rejects with a {@link Refusal}. */
  logInUpstream(upstream: Upstream, secret: UpstreamSecret): Promise<UpstreamSession>;
  /** What the client is told when the login at the real server failed with this text. */
  upstreamFailed(text: string): Refusal;
  /** A refusal as the client receives it now. */
  encodeRefusal(refusal: Refusal): Buffer;
  /** Carries the messages of the client that is logged in. */
  createRelay(upstream: Upstream): SessionRelay;
}

/** Whom a client claims to be, and by which password. */
export interface PasswordLogin {
  readonly user: string;
  readonly password: string;
}

/** Whom to log in as at the real server. */
export interface UpstreamSecret {
  readonly user: string;
  readonly password: string | undefined;
}

/** A session of the real server that is ready for its first request. */
export interface UpstreamSession {
  /** What completes the client's own login. */
  readonly welcome: Buffer;
  /** What ends the session in good order. */
  readonly farewell: Buffer;
  /** Asks the server to cancel what runs in this session. Best effort: resolves when the request has been taken. */
  cancel(): Promise<void>;
}

/** Carries one logged-in client's messages to the database and the replies back. */
export interface SessionRelay {
  /** Whether the session could be ended in good order now: no request is under way. */
  readonly isAnswered: boolean;
  /** From now on swallows what comes from either side; only the client can end this. */
  silence(): void;
  /** Relays until `stopped` resolves, or one side ends, and says which. */
  run<T>(stopped: Promise<T>): Promise<RelayEnd | T>;
  /** The error that ends the session; `undefined` where the client would not understand it, inside a message. */
  lastWords(reason: LastWords): Buffer | undefined;
}

/** Why a session ends with an error. */
export type LastWords = "admin-shutdown" | "client-broke-protocol";
