import type { Side } from "../side.js";

/** One step of the demo, with the same code and the same criteria for each side. */
export interface Step {
  readonly title: string;
  /** What happens to the side, for a reader who does not know the problem. */
  readonly explanation: string;
  /** Runs it. It succeeded if every finding held. */
  run(side: Side): Promise<readonly Finding[]>;
}

/** One observation of a side. */
export interface Finding {
  /** Whether it is the behaviour that users need. */
  readonly held: boolean;
  /** What was measured. */
  readonly text: string;
}
