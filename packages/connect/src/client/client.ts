import type { Socket } from "node:net";
import { RdsProxyError } from "@rds-proxy/core";
import { ByteReader } from "../byte-reader.js";

/** How long a client may take over each message of its login. */
const MESSAGE_TIMEOUT_MS = 10_000;

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
  #isGone = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.reader = new ByteReader(socket, () => new ClientLeft(), MESSAGE_TIMEOUT_MS);
    socket.once("end", this.#leave);
    socket.once("close", this.#leave);
  }

  get isGone(): boolean {
    return this.#isGone;
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
    this.reader.release();
    this.socket.off("end", this.#leave);
    this.socket.off("close", this.#leave);
    return this.socket;
  }

  readonly #leave = (): void => {
    this.#isGone = true;
    for (const callback of this.#gone) callback();
    this.#gone.clear();
  };
}
