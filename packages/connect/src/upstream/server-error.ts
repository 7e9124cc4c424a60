/** An error that the server sent instead of completing the login. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  /** SQLSTATE of PostgreSQL; MySQL's number, by which core classifies it. */
  readonly code: string;
  /** The server's whole message, or the packet's payload, to pass on. */
  readonly raw: Buffer;
  /** The function in PostgreSQL's source that reported the error. */
  readonly routine: string | undefined;

  constructor(code: string, message: string, raw: Buffer, routine?: string) {
    super(message);
    this.code = code;
    this.raw = raw;
    this.routine = routine;
  }
}

/** The server's own error inside `error`, if the last attempt ended with one. */
export function serverErrorIn(error: unknown): ServerError | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof ServerError) return inner;
  }
  return undefined;
}
