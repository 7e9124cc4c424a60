import { Queue } from "../queue.js";
import type { Command } from "./commands.js";
import { acknowledgement } from "./replies/one-packet.js";
import type { Phase, ReplyForm, ReplyPacket } from "./replies/phase.js";
import { status } from "./replies/status.js";

/** Tracks both directions of a session to know whether a reply is outstanding. */
export class RequestTracker {
  readonly #form: ReplyForm;
  readonly #onStatus: (flags: number) => void;
  // One entry for each command that the server will answer: the rest of its reply.
  readonly #due: Queue<Phase> = new Queue();
  #isReceivingFile = false;
  #status: number | undefined;

  /** `onStatus` receives the server's status flags. */
  constructor(form: ReplyForm, onStatus: (flags: number) => void = () => undefined) {
    this.#form = form;
    this.#onStatus = onStatus;
  }

  /** Whether the server has answered every command. */
  get isAnswered(): boolean {
    return this.#due.length === 0;
  }

  /** Whether the session is inside a transaction, by the last OK or EOF; errors carry no status. */
  get isInTransaction(): boolean {
    return ((this.#status ?? 0) & status.inTransaction) !== 0;
  }

  /** Whether autocommit is on, by the last OK or EOF; `undefined` before the first one. */
  get isAutocommit(): boolean | undefined {
    return this.#status === undefined ? undefined : (this.#status & status.autocommit) !== 0;
  }

  /** Whether the client is sending a file that the server requested (LOAD DATA LOCAL). */
  get isReceivingFile(): boolean {
    return this.#isReceivingFile;
  }

  /** Records a command; `undefined` for an unknown one, which the server answers with an error. */
  onCommand(command: Command | undefined): void {
    const reply = command === undefined ? acknowledgement : command.reply?.(this.#form);
    if (reply !== undefined) this.#due.add(reply);
  }

  /** Records a packet of the file; an empty packet ends it. */
  onFilePacket(length: number): void {
    if (length === 0) this.#isReceivingFile = false;
  }

  /** Forgets all outstanding replies and the transaction; returns how many replies the client still has to get. */
  abandon(): number {
    const owed = this.#due.length;
    this.#due.clear();
    this.#isReceivingFile = false;
    if (this.#status !== undefined) this.#status &= ~status.inTransaction;
    return owed;
  }

  /** Records a packet from the server, and returns whether the server now waits for the client. */
  onReplyPacket(packet: ReplyPacket): boolean {
    const phase = this.#due.first;
    // A server can send an unsolicited error when it ends a session.
    if (phase === undefined) return false;
    const { next, status: flags, wantsFile } = phase(packet);
    if (flags !== undefined) {
      this.#status = flags;
      this.#onStatus(flags);
    }
    if (next === undefined) this.#due.removeFirst();
    else this.#due.replaceFirst(next);
    this.#isReceivingFile = wantsFile === true;
    return next === undefined || this.#isReceivingFile;
  }
}
