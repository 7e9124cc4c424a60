import type { Command } from "./commands.js";
import { acknowledgement } from "./replies/one-packet.js";
import type { Phase, ReplyForm, ReplyPacket } from "./replies/phase.js";
import { status } from "./replies/status.js";

/** Follows both directions of a session to know whether an answer is due. */
export class RequestTracker {
  readonly #form: ReplyForm;
  // One entry for each command that the server will answer: what is to come of its reply.
  #due: Phase[] = [];
  #isReceivingFile = false;
  #status: number | undefined;

  constructor(form: ReplyForm) {
    this.#form = form;
  }

  /** Everything that was sent has been answered. */
  get isAnswered(): boolean {
    return this.#due.length === 0;
  }

  /** By the last OK or EOF; an error tells nothing. */
  get isInTransaction(): boolean {
    return ((this.#status ?? 0) & status.inTransaction) !== 0;
  }

  /** Whether statements commit by themselves, by the last OK or EOF; `undefined` before the first. */
  get isAutocommit(): boolean | undefined {
    return this.#status === undefined ? undefined : (this.#status & status.autocommit) !== 0;
  }

  /** Whether a backslash escapes in a text. */
  get hasEscapes(): boolean {
    return ((this.#status ?? 0) & status.noBackslashEscapes) === 0;
  }

  /** Whether the client's packets are those of a file that the server asked for. */
  get isReceivingFile(): boolean {
    return this.#isReceivingFile;
  }

  /** Notes a command; one that the server does not know is answered with an error. */
  onCommand(command: Command | undefined): void {
    const reply = command === undefined ? acknowledgement : command.reply?.(this.#form);
    if (reply !== undefined) this.#due.push(reply);
  }

  /** Notes a packet of the file; an empty one ends it. */
  onFilePacket(length: number): void {
    if (length === 0) this.#isReceivingFile = false;
  }

  /** Forgets everything that is due, and the transaction; returns how many replies are owed for it. */
  abandon(): number {
    const owed = this.#due.length;
    this.#due = [];
    this.#isReceivingFile = false;
    if (this.#status !== undefined) this.#status &= ~status.inTransaction;
    return owed;
  }

  /** Notes a packet of the server, and says whether that waits for the client now. */
  onReplyPacket(packet: ReplyPacket): boolean {
    const [phase] = this.#due;
    // A server may speak unasked when it ends a session.
    if (phase === undefined) return false;
    const { next, status: flags, wantsFile } = phase(packet);
    if (flags !== undefined) this.#status = flags;
    if (next === undefined) this.#due.shift();
    else this.#due[0] = next;
    this.#isReceivingFile = wantsFile === true;
    return next === undefined || this.#isReceivingFile;
  }
}
