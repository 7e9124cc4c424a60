import type { Answer, Task } from "../handlers/task.js";

/** From the demo to an environment: run the handler once. */
export interface Invocation {
  readonly task: Task;
  /** The function's timeout: what `getRemainingTimeInMillis` counts down from. */
  readonly timeoutMs: number;
  /** How far the environment's wall clock is ahead of this computer's. */
  readonly clockOffsetMs: number;
}

/** From an environment to the demo. */
export type Reply =
  /** The handler's module was loaded: the end of the init phase. */
  | { readonly kind: "ready" }
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly reason: string };

export function isInvocation(message: unknown): message is Invocation {
  return hasText(message, "task") && hasNumber(message, "timeoutMs") && hasNumber(message, "clockOffsetMs");
}

export function isReply(message: unknown): message is Reply {
  if (!hasText(message, "kind")) return false;
  switch (message.kind) {
    case "ready":
      return true;
    case "answered":
      return "answer" in message && isAnswer(message.answer);
    case "failed":
      return hasText(message, "reason");
    default:
      return false;
  }
}

function isAnswer(value: unknown): value is Answer {
  return (
    hasNumber(value, "visibleOrders") &&
    "wasInTransaction" in value &&
    typeof value.wasInTransaction === "boolean"
  );
}

function hasText<Name extends string>(value: unknown, name: Name): value is Record<Name, string> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "string";
}

function hasNumber<Name extends string>(value: unknown, name: Name): value is Record<Name, number> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "number";
}
