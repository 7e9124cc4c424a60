/**
 * The event of an invocation. `place-order` is a complete transaction; the two `abandon-…` are bugs: a `return` between
 * `begin` and `commit`, and a query whose end the handler does not await.
 */
export type Task = "look-around" | "place-order" | "abandon-order" | "abandon-slow-query";

/** The result of every handler: the session as it found it. */
export interface Answer {
  /** Whether the session was already inside a transaction. */
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

/** The duration of the abandoned query. */
export const slowQuerySeconds = 2;

/** How long the handler waits for it. */
export const queryTimeoutMs = 100;
