import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** A place in a conversation at which a server has the word, by the order in which they come. */
export type Stage = "greeting" | "request for the token" | "welcome" | "answer to a statement";

export const stages = [
  "greeting",
  "request for the token",
  "welcome",
  "answer to a statement",
] as const satisfies readonly Stage[];

/** What an honest server does, as far as a client's login and one statement without rows need it. */
export interface Protocol {
  /** The server's first words, where it speaks first. */
  readonly opening: Buffer | undefined;
  /** The client's words before TLS begins, by their length. */
  readonly tlsRequestLength: number;
  /** The server's words before TLS begins, where it does not speak first. */
  readonly tlsReply: Buffer | undefined;
  /** The answer to a message that the client sends inside TLS; nothing where none is due. */
  answer(chunk: Buffer, isLoggedIn: boolean): { readonly stage: Stage; readonly bytes: Buffer } | undefined;
  /** A message that is complete, whatever it says. */
  message(type: number, body: Buffer, index: number): Buffer;
  /** An error in place of anything. */
  readonly error: Buffer;
  /** The header of a message as long as can be. */
  readonly hugeHeader: Buffer;
  /** Messages that can be sent for ever without an end to anything. */
  readonly endless: Buffer;
}

export type ServerSocket = Socket | TLSSocket;
