/**
 * What the demo asks a handler to do. `place-order` is a complete transaction; the two `abandon-…` are the bugs that
 * leave something behind: a `return` between `begin` and `commit`, and a query that is not waited for to its end.
 */
export type Task = "look-around" | "place-order" | "abandon-order" | "abandon-slow-query";

/** What every handler answers with, whatever the engine: the session as it found it. */
export interface Answer {
  /** Whether the session that it was given was inside a transaction already. */
  readonly wasInTransaction: boolean;
  /** Orders that the session could see. */
  readonly visibleOrders: number;
}

/** Whether a value is an answer; it comes from another process. */
export function isAnswer(value: unknown): value is Answer {
  const { wasInTransaction, visibleOrders }: Partial<Record<keyof Answer, unknown>> = Object(value);
  return typeof wasInTransaction === "boolean" && typeof visibleOrders === "number";
}

/** A handler of the demo, as a Lambda function exports it. */
export type Handler = (task: Task) => Promise<Answer>;

/** For how long the abandoned query runs. */
export const slowQuerySeconds = 2;

/** After how long the handler gives up on it. */
export const patienceMs = 100;
