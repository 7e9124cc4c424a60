import type { Bounds, Failure } from "./explore.js";

/** What the explorer is to do: one JSON argument. */
export type Order =
  | ({ readonly task: "all"; readonly programs?: readonly string[]; readonly seconds: number } & Bounds)
  | { readonly task: "random"; readonly subject?: string; readonly seed: number; readonly seconds: number }
  | {
      readonly task: "random programs";
      readonly subject?: string;
      readonly seed: number;
      readonly count: number;
    }
  | { readonly task: "replay"; readonly schedules: readonly string[] }
  /** Finds each planted bug in its program. */
  | ({ readonly task: "planted bugs"; readonly seconds: number } & Bounds);

/** What was explored of one subject. */
export interface Explored {
  readonly subject: string;
  readonly programs: number;
  readonly schedules: number;
  readonly events: number;
  readonly seconds: number;
}

/** What the explorer prints as JSON. */
export interface Report {
  readonly explored: readonly Explored[];
  readonly failures: readonly Failure[];
  /** Whether time was up before everything was explored. */
  readonly isCut: boolean;
  /** What occurred in the first schedule of a replay. */
  readonly trace?: readonly string[];
  readonly planted?: readonly FoundBug[];
}

/** How a planted bug was found. */
export interface FoundBug {
  readonly name: string;
  /** Schedules until then. */
  readonly schedules: number;
  /** Undefined if it was not found. */
  readonly failure: Failure | undefined;
  /** The promise that the shrunk schedule breaks when it runs again, and without the bug. */
  readonly again: string | undefined;
  readonly without: string | undefined;
}
