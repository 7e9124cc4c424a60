import type { ClientMessage } from "../client/client-message.js";
import { isWord, type Token } from "../statements/lex.js";
import { splitStatements } from "./split-statements.js";

/** Finds the messages that run COMMIT or END, also by way of a prepared statement. */
export class CommitFinder {
  readonly #tokenize: (text: string) => readonly Token[];
  // The names of the prepared statements with a COMMIT.
  readonly #prepared = new Set<string>();
  #isBound = false;

  /** `tokenize`: as the session reads its texts. */
  constructor(tokenize: (text: string) => readonly Token[]) {
    this.#tokenize = tokenize;
  }

  /** Records a message of the client, and returns whether it runs a text with a COMMIT. */
  add({ type, text = "", statementName = "" }: ClientMessage): boolean {
    switch (type) {
      case "Query":
        return this.#hasCommit(text);
      case "Parse":
        if (this.#hasCommit(text)) this.#prepared.add(statementName);
        else this.#prepared.delete(statementName);
        return false;
      case "Bind":
        this.#isBound = this.#prepared.has(statementName);
        return false;
      default:
        return type === "Execute" && this.#isBound;
    }
  }

  #hasCommit(text: string): boolean {
    // Most texts need not be split.
    if (!/commit|end/i.test(text)) return false;
    return splitStatements(this.#tokenize(text)).some(([first]) => isWord(first, "commit", "end"));
  }
}
