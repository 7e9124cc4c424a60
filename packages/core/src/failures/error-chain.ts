/** What classification looks at: an error's own code and message, without its wrappers. */
export interface ObservedError {
  /** `code` (SQLSTATE, Node or driver code) and `errno` (MySQL), as text. */
  readonly codes: readonly string[];
  readonly message: string;
}

/** Wrappers nest an original error under one of these; ORMs use the first two, Node and JavaScript the others. */
const INNER = ["original", "parent", "cause"] as const;

/** Deep enough for any known wrapper, and an end for errors that contain themselves. */
const MAX_ERRORS = 16;

/** The error and every error inside it, outermost first. */
export function errorChain(error: unknown): ObservedError[] {
  const seen = new Set<object>();
  const queue: unknown[] = [error];
  const chain: ObservedError[] = [];
  while (queue.length > 0 && chain.length < MAX_ERRORS) {
    const current = queue.shift();
    if (typeof current !== "object" || current === null || seen.has(current)) continue;
    seen.add(current);
    chain.push(observe(current));
    for (const property of INNER) queue.push(Reflect.get(current, property));
    const errors: unknown = Reflect.get(current, "errors");
    if (Array.isArray(errors)) queue.push(...errors);
  }
  return chain;
}

/** RDS Proxy writes typographic apostrophes in places and a full stop at the end in others. */
export function normaliseText(message: string): string {
  return message.replaceAll("’", "'").replace(/\.\s*$/, "");
}

function observe(error: object): ObservedError {
  const codes = [Reflect.get(error, "code"), Reflect.get(error, "errno")]
    .filter((code) => typeof code === "string" || typeof code === "number")
    .map(String);
  const message: unknown = Reflect.get(error, "message");
  return { codes, message: typeof message === "string" ? message : "" };
}
