/** What every handler answers with: the row `{ one: 1 }` of the database, so that no answer comes without a query. */
export interface Answer {
  readonly one: number;
}

/** A handler of the benchmark, as a Lambda function exports it. */
export type Handler = (event: unknown, context: unknown) => Promise<Answer | undefined>;

export const statement = "select 1 as one";
