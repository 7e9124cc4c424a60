import { decodeText } from "../statements/decode-text.js";
import type { Token } from "../statements/lex.js";
import { headerLength, MessageSplitter } from "./message-splitter.js";
import { tokenize } from "./tokenize.js";

/** How the statements of one session have to be read, by the parameters that the server reports. */
export class PostgresSyntax {
  #clientEncoding = "UTF8";
  #hasEscapes = false;

  decode(bytes: Buffer): string {
    return decodeText(bytes, this.#clientEncoding);
  }

  tokenize(text: string): Token[] {
    return tokenize(text, this.#hasEscapes);
  }

  /** Records a ParameterStatus message. */
  noteParameterStatus(message: Buffer): void {
    const [name = "", value = ""] = message.toString("utf8", headerLength).split("\0", 2);
    if (name === "client_encoding") this.#clientEncoding = value;
    if (name === "standard_conforming_strings") this.#hasEscapes = value === "off";
  }

  /** Records the messages that the server sent at login. */
  noteGreeting(greeting: Buffer): void {
    for (const { type, bytes } of new MessageSplitter().split(greeting)) {
      if (type === "S") this.noteParameterStatus(bytes);
    }
  }
}
