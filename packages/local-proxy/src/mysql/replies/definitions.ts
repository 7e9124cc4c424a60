import type { Phase, ReplyForm } from "./phase.js";
import { answered } from "./phase.js";
import { isError, readStatus, status } from "./status.js";

/**
 * Column or parameter definitions, and the EOF after them unless that is deprecated; then `following`, or nothing when
 * the server has opened a cursor and keeps the rows.
 */
export function definitions(count: number, form: ReplyForm, following: Phase | undefined): Phase {
  let left = count;
  const end: Phase = (packet) => {
    const flags = readStatus(packet);
    return { status: flags, next: (flags & status.cursorExists) === 0 ? following : undefined };
  };
  if (left === 0) return end;
  return function definition(packet) {
    if (isError(packet)) return answered;
    left -= 1;
    if (left > 0) return { next: definition };
    return { next: form.deprecatesEof ? following : end };
  };
}
