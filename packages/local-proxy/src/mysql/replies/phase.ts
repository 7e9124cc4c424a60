/** The beginning of a packet that a server sent. */
export interface ReplyPacket {
  /** The first bytes of the payload; {@link headLength} of them where it is that long. */
  readonly head: Buffer;
  /** Length of the payload, up to that of one frame. */
  readonly firstFrameLength: number;
}

/** What was agreed on at login, as far as it decides how replies look. */
export interface ReplyForm {
  /** Rows end with an OK packet, and definitions with nothing; otherwise both end with an EOF packet. */
  readonly deprecatesEof: boolean;
  /** A result's first packet tells whether its columns are described. */
  readonly cachesMetadata: boolean;
}

/** What a packet was, and what comes next. */
export interface Step {
  /** `undefined` when this was the reply's last packet. */
  readonly next: Phase | undefined;
  /** The server's status flags, where the packet carries them. */
  readonly status?: number;
  /** Whether the server waits for the client's file now. */
  readonly wantsFile?: true;
}

/** Takes the next packet of a reply. */
export type Phase = (packet: ReplyPacket) => Step;

/** As much of a packet as the phases look at: an OK with two numbers of nine bytes ahead of its status. */
export const headLength: number = 21;

/** The end of a reply that tells no status. */
export const answered: Step = { next: undefined };
