/** A statement in a file. */
export interface FoundStatement {
  readonly text: string;
  /** Its position in the file, in characters from 0. */
  readonly offset: number;
  /** Whether the call makes the driver prepare it. */
  readonly isPrepared: boolean;
}
