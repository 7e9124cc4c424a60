import type { DescribedError } from "./messages.js";

/** @param source the error in the chain of causes that carries the code; default the error itself */
export function describeError(error: unknown, source: unknown = error): DescribedError {
  if (!(error instanceof Error)) return { name: "NotAnError", message: String(error) };
  const { name, message } = error;
  const { code, errno }: { code?: unknown; errno?: unknown } = Object(source);
  const { sent }: { sent?: unknown } = Object(error);
  return {
    name,
    message,
    code: typeof code === "string" ? code : undefined,
    errno: typeof errno === "number" ? errno : undefined,
    sent: typeof sent === "number" ? sent : undefined,
  };
}
