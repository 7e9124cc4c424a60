import type { Signals } from "./signals.js";

/** The process that the command runs in. */
export interface Terminal {
  /** Writes to standard output: what users read or scripts use. */
  write(text: string): void;
  /** Writes to standard error: messages. */
  tell(text: string): void;
  readonly signals: Signals;
  /** Whether standard input is a terminal, whose keys send signals. */
  readonly isTerminal: boolean;
  /** Whether standard output is one. */
  readonly showsOutput: boolean;
}
