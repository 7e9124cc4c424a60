import type { Signals } from "./signals.js";

/** The process that the command runs in. */
export interface Terminal {
  /** Writes to standard output: what users read or scripts use. */
  write(text: string): void;
  /** Writes to standard error: messages. */
  tell(text: string): void;
  readonly signals: Signals;
  /** Whether a terminal controls the process, whose keys send signals. */
  readonly hasTerminal: boolean;
  /** Whether standard output is one. */
  readonly showsOutput: boolean;
}
