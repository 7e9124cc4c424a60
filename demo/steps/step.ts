import type { Side } from "../side.js";

/** One chapter of the story. It is told of each side by the same code, and judged by the same measure. */
export interface Step {
  readonly title: string;
  /** What is done to the side, for a reader who does not know the trouble. */
  readonly explanation: string;
  /** Plays it. It went well when every finding held. */
  run(side: Side): Promise<readonly Finding[]>;
}

/** One thing that a side did. */
export interface Finding {
  /** Whether it is what a user would want. */
  readonly held: boolean;
  /** What was measured. */
  readonly text: string;
}
