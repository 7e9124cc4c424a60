import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** The points of a conversation at which a server sends, in order. */
export type Stage = "greeting" | "request for the token" | "welcome" | "answer to a statement";

export const stages = [
  "greeting",
  "request for the token",
  "welcome",
  "answer to a statement",
] as const satisfies readonly Stage[];

/** A correct server, as far as a client's login and one statement without rows need it. */
export interface Protocol {
  /** The server's first message, where the server speaks first. */
  readonly opening: Buffer | undefined;
  /** The length of the client's message before TLS. */
  readonly tlsRequestLength: number;
  /** The server's answer to it, where the client speaks first. */
  readonly tlsReply: Buffer | undefined;
  /** The answer to a message inside TLS; undefined where none is due. */
  answer(chunk: Buffer, isLoggedIn: boolean): { readonly stage: Stage; readonly bytes: Buffer } | undefined;
  /** A complete message with any content. */
  message(type: number, body: Buffer, index: number): Buffer;
  /** An error message. */
  readonly error: Buffer;
  /** The header of a message of the maximum length. */
  readonly hugeHeader: Buffer;
  /** Messages that can be sent without end. */
  readonly endless: Buffer;
}

export type ServerSocket = Socket | TLSSocket;
