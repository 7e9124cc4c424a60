/** The output of the process that the command runs in. */
export interface Output {
  /** Writes to standard output: the report. */
  write(text: string): void;
  /** Writes to standard error: usage errors. */
  tell(text: string): void;
  /** Whether standard output is a terminal that shows colours. */
  readonly hasColors?: boolean;
}
