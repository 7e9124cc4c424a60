/** A login that gets an error for an answer, and then the end of the connection. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly sqlState: string;
  /** MySQL's number of the error; PostgreSQL has none. */
  readonly errno: number | undefined;

  constructor(sqlState: string, text: string, errno?: number) {
    super(text);
    this.sqlState = sqlState;
    this.errno = errno;
  }
}
