import { decodeText } from "../statements/decode-text.js";
import type { Token } from "../statements/lex.js";
import { status } from "./replies/status.js";
import { tokenize } from "./tokenize.js";

// Modes that include it, in MySQL or MariaDB, by "Server SQL Modes" and "SQL_MODE" in their manuals.
const withAnsiQuotes = ["ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "ORACLE", "POSTGRESQL"];

/** How the statements of one session have to be read: by its SQL mode and its character set. */
export class MysqlSyntax {
  #characterSet = "utf8mb4";
  #hasEscapes = true;
  #hasAnsiQuotes = false;

  decode(bytes: Buffer): string {
    return decodeText(bytes, this.#characterSet);
  }

  tokenize(text: string): Token[] {
    return tokenize(text, { hasEscapes: this.#hasEscapes, hasAnsiQuotes: this.#hasAnsiQuotes });
  }

  /** Records the server's status flags. */
  noteStatus(flags: number): void {
    this.#hasEscapes = (flags & status.noBackslashEscapes) === 0;
  }

  /** Records the values of `sql_mode` and `character_set_client`; without one, the value stays. */
  noteVariables(sqlMode: string | undefined, characterSet: string | undefined): void {
    if (sqlMode !== undefined) {
      const modes = sqlMode.toUpperCase().split(",");
      this.#hasAnsiQuotes = withAnsiQuotes.some((mode) => modes.includes(mode));
      this.#hasEscapes = !modes.includes("NO_BACKSLASH_ESCAPES");
    }
    if (characterSet !== undefined) this.#characterSet = characterSet;
  }
}
