/** The beginning of a server's packet. */
export interface ReplyPacket {
  /** The first {@link headLength} bytes of the payload, or all of a shorter one. */
  readonly head: Buffer;
  /** Length of the first frame's payload, in bytes. */
  readonly firstFrameLength: number;
}

/** The negotiated capabilities that decide the form of replies. */
export interface ReplyForm {
  /** DEPRECATE_EOF: rows end with an OK packet, definitions without one. Otherwise both end with an EOF packet. */
  readonly deprecatesEof: boolean;
  /** CACHE_METADATA: a result's first packet says whether column definitions follow. */
  readonly cachesMetadata: boolean;
}

/** What a packet says about the reply. */
export interface Step {
  /** The phase of the next packet; `undefined` after the last one. */
  readonly next: Phase | undefined;
  /** The server's status flags, if the packet has them. */
  readonly status?: number;
  /** Whether the server now waits for a file from the client. */
  readonly wantsFile?: true;
}

/** A state of the reply: takes the next packet. */
export type Phase = (packet: ReplyPacket) => Step;

/** How many bytes of a packet the phases need: an OK with two numbers of nine bytes before its status. */
export const headLength: number = 21;

/** The end of a reply without status flags. */
export const answered: Step = { next: undefined };
