/** Every handler's result: the row `{ one: 1 }` from the database, which proves the query. */
export interface Answer {
  readonly one: number;
}

/** A handler of the benchmark, as a Lambda function exports it. */
export type Handler = (event: unknown, context: unknown) => Promise<Answer | undefined>;

export const statement = "select 1 as one";
