import type { ProxyState } from "../client-session.js";
import type { ClientSocket } from "../client-socket.js";
import { ByteRun } from "./byte-run.js";
import { MessageRecorder } from "./message-recorder.js";
import { BrokenFraming, type MessagePiece, MessageSplitter } from "./message-splitter.js";
import { encodeMessage } from "./messages.js";
import { isRequest, RequestTracker, type TransactionStatus } from "./request-tracker.js";
import type { Upstream } from "./upstream.js";

/** Why there is nothing more to relay. */
export type RelayEnd =
  | "client-left"
  | "client-terminated"
  | "client-broke-protocol"
  | "database-closed"
  | "database-reset"
  | "reply-lost";

// Messages that the proxy counts as a statement.
const statementTypes = new Set(["Q", "E", "F"]);

/** Carries one logged-in client's messages to the database and the replies back, until one of them ends. */
export class Relay {
  readonly #client: ClientSocket;
  readonly #upstream: Upstream;
  readonly #proxy: ProxyState;
  readonly #recorder: MessageRecorder | undefined;
  readonly #requests = new RequestTracker();
  #fateOfReplies: "forward" | "swallow" | "lose" = "forward";
  #wakeInjection: (() => void) | undefined;
  #isReadOnly = false;
  #isInsideReply = false;
  #isSilent = false;
  #isOver = false;

  constructor(client: ClientSocket, upstream: Upstream, connection: number, proxy: ProxyState) {
    this.#client = client;
    this.#upstream = upstream;
    this.#proxy = proxy;
    this.#recorder = proxy.recording && new MessageRecorder(connection, proxy.recording);
  }

  /** Whether the session could be ended in good order now: no request is under way. */
  get isAnswered(): boolean {
    return this.#requests.isAnswered;
  }

  /** Whether the client has got whole messages only, so that one more would be understood. */
  get isBetweenReplies(): boolean {
    return !this.#isInsideReply;
  }

  /** From now on swallows what comes from either side; only the client can end this. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Relays until `stopped` resolves, or one side ends, and says which. */
  async run<T>(stopped: Promise<T>): Promise<RelayEnd | T> {
    const end = await Promise.race([this.#forwardRequests(), this.#forwardReplies(), stopped]);
    this.#isOver = true;
    this.#wakeInjection?.();
    if (this.#requests.status !== "I") this.#proxy.counters.databaseConnectionsInTransaction -= 1;
    return end;
  }

  async #forwardRequests(): Promise<RelayEnd> {
    const splitter = new MessageSplitter();
    while (true) {
      const chunk = await this.#client.readChunk();
      if (chunk === undefined || this.#isOver) return "client-left";
      if (this.#isSilent) continue;
      try {
        if (await this.#forwardChunk(splitter.split(chunk))) return "client-terminated";
      } catch (error) {
        if (error instanceof BrokenFraming) return "client-broke-protocol";
        throw error;
      }
    }
  }

  /** Resolves with whether the client asked to end the session. */
  async #forwardChunk(pieces: Iterable<MessagePiece>): Promise<boolean> {
    const run = new ByteRun();
    for (const piece of pieces) {
      // A request that follows an answered one is the place for whatever has to happen between two requests.
      if (piece.isFirst && isRequest(piece.type) && this.#requests.isAnswered) await this.#beforeRequest();
      if (piece.isFirst) this.#noteRequest(piece.type);
      this.#recorder?.add(piece);
      // Terminate is not passed on: how the database session ends is not the client's to say.
      if (piece.type === "X") {
        await this.#send(run);
        return true;
      }
      run.add(piece.bytes);
    }
    await this.#send(run);
    return false;
  }

  async #send(run: ByteRun): Promise<void> {
    if (!this.#isSilent && !this.#isOver) await this.#upstream.write(run.take());
  }

  #noteRequest(type: string): void {
    this.#requests.onRequest(type);
    if (statementTypes.has(type)) this.#proxy.counters.queryRequests += 1;
  }

  async #beforeRequest(): Promise<void> {
    const { faults } = this.#proxy;
    if (this.#requests.status === "I" && this.#isReadOnly !== faults.isReadOnly) {
      this.#isReadOnly = faults.isReadOnly;
      await this.#inject(`SET default_transaction_read_only = ${this.#isReadOnly ? "on" : "off"}`);
    }
    if (faults.takeLostReply()) this.#fateOfReplies = "lose";
  }

  /** Runs a statement of the proxy's own, unseen by the client. */
  async #inject(statement: string): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#wakeInjection = resolve;
    });
    this.#fateOfReplies = "swallow";
    this.#requests.onRequest("Q");
    await this.#upstream.write(encodeMessage("Q", `${statement}\0`));
    await answered;
  }

  async #forwardReplies(): Promise<RelayEnd> {
    const splitter = new MessageSplitter();
    while (true) {
      const chunk = await this.#upstream.reader.readChunk();
      if (chunk === undefined || this.#isOver) break;
      const run = new ByteRun();
      for (const piece of splitter.split(chunk)) {
        const fate = this.#fateOfReplies;
        if (fate === "forward") {
          run.add(piece.bytes);
          this.#isInsideReply = !piece.isLast;
        }
        if (this.#noteReply(piece) && fate === "lose") return "reply-lost";
      }
      if (!this.#isSilent) await this.#client.write(run.take());
    }
    // A silent peer does not even tell that its database is gone.
    if (this.#isSilent) await this.#client.swallow();
    return this.#upstream.hasFailed ? "database-reset" : "database-closed";
  }

  /** Says whether the database has come to a point where it waits for the client. */
  #noteReply(piece: MessagePiece): boolean {
    if (!piece.isLast) return false;
    if (piece.type === "G") {
      this.#requests.onCopyIn();
      return true;
    }
    if (piece.type !== "Z") return false;
    this.#noteStatus(piece.bytes.toString("latin1").slice(-1));
    if (this.#fateOfReplies === "swallow") {
      this.#fateOfReplies = "forward";
      this.#wakeInjection?.();
    }
    return true;
  }

  #noteStatus(letter: string): void {
    const status: TransactionStatus = letter === "T" || letter === "E" ? letter : "I";
    const change = Number(status !== "I") - Number(this.#requests.status !== "I");
    this.#proxy.counters.databaseConnectionsInTransaction += change;
    this.#requests.onReady(status);
  }
}
