/** A statement in a file. */
export interface FoundStatement {
  readonly text: string;
  /** Where it begins in the file, in characters. */
  readonly offset: number;
  /** Whether the driver is asked to prepare it. */
  readonly isPrepared: boolean;
}
