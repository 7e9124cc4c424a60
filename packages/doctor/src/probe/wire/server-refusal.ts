/** An error that the server sent. */
export class ServerRefusal extends Error {
  override readonly name = "ServerRefusal";
  /** SQLSTATE of PostgreSQL, or MySQL's number, by which core classifies it. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
