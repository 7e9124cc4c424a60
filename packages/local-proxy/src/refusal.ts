/**
 * An error that a client gets from the proxy or the database, by the codes of its protocol. At login, the connection
 * ends.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly sqlState: string;
  /** MySQL's error number; PostgreSQL has none. */
  readonly errno: number | undefined;
  /** The reason behind the text, such as why a token is invalid. Clients do not get it. */
  detail: string | undefined;

  constructor(sqlState: string, text: string, errno?: number) {
    super(text);
    this.sqlState = sqlState;
    this.errno = errno;
  }
}

/** Its codes and text, for the log. */
export function describeRefusal({ errno, sqlState, message }: Refusal): string {
  return errno === undefined ? `${sqlState} ${message}` : `${errno} (${sqlState}) ${message}`;
}
