/** The values of a row, as text. */
export type Row = readonly (string | null)[];

/** A session of the probe. */
export interface ProbeSession {
  /** Runs a text by the simple protocol; rows of its last result. Throws a `ServerRefusal`. */
  query(text: string): Promise<readonly Row[]>;
  /** Says goodbye and closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}
