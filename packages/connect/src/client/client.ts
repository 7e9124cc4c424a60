import type { Socket } from "node:net";
import { RdsProxyError } from "@rds-proxy/core";
import { ByteReader } from "../byte-reader.js";

/** How long a client may take to prove that it knows the password. */
const LOGIN_TIMEOUT_MS = 30_000;

/** The client closed its connection during the login. */
export class ClientLeft extends RdsProxyError {
  constructor() {
    super("RDS_PROXY_CLOSED", "The client closed its connection during the login.");
  }
}

/** A client that is not let in. `reply` is the message for it, `message` the line for the listener's user. */
export class Refusal extends Error {
  readonly reply: Buffer;

  constructor(reply: Buffer, message: string, cause?: unknown) {
    super(message, { cause });
    this.reply = reply;
  }
}

/** A client's connection until its login has ended. */
export class Client {
  readonly socket: Socket;
  readonly reader: ByteReader;
  readonly #gone = new Set<() => void>();
  readonly #authenticated: () => void;
  readonly #loginTimeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isGone = false;

  /**
   * @param authenticated called when the client has given the password
   * @param loginTimeoutMs limit between `expectLogin()` and `markAuthenticated()`
   */
  constructor(socket: Socket, authenticated: () => void, loginTimeoutMs: number = LOGIN_TIMEOUT_MS) {
    this.socket = socket;
    this.#authenticated = authenticated;
    this.#loginTimeoutMs = loginTimeoutMs;
    this.reader = new ByteReader(socket, () => new ClientLeft());
    socket.once("end", this.#leave);
    socket.once("close", this.#leave);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** From now on the client has to send its messages: all of them within one limit. */
  expectLogin(): void {
    this.#timer = setTimeout(() => {
      const done = this.socket.bytesRead === 0 ? "sent nothing" : "did not complete its login";
      this.reader.fail(new Error(`A client ${done} in ${this.#loginTimeoutMs / 1000} s, and was closed.`));
    }, this.#loginTimeoutMs);
  }

  /** Ends the login of a client that does not answer, for the sake of others. */
  giveUp(): void {
    this.reader.fail(new Error("A client did not answer the greeting while others waited, and was closed."));
  }

  /** The client has given the password, or needs none. Nothing limits its time any longer. */
  markAuthenticated(): void {
    clearTimeout(this.#timer);
    this.#authenticated();
  }

  readonly write = (bytes: Buffer): void => {
    this.socket.write(bytes);
  };

  /**
   * Calls back when the client closes its connection.
   *
   * @returns a function that cancels this
   */
  whenGone(callback: () => void): () => void {
    if (this.#isGone) callback();
    else this.#gone.add(callback);
    return () => void this.#gone.delete(callback);
  }

  /** Stops to read: what the client sends next belongs to its session. */
  handOver(): Socket {
    clearTimeout(this.#timer);
    this.reader.release();
    this.socket.off("end", this.#leave);
    this.socket.off("close", this.#leave);
    return this.socket;
  }

  readonly #leave = (): void => {
    this.#isGone = true;
    clearTimeout(this.#timer);
    for (const callback of this.#gone) callback();
    this.#gone.clear();
  };
}
