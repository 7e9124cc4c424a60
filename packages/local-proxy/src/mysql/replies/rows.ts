import { answered, type Phase, type ReplyForm } from "./phase.js";
import { isEnd, isError, readStatus, status } from "./status.js";

/** Rows up to their end, then `nextResult` if the server announces another result. */
export function rows(form: ReplyForm, nextResult: Phase | undefined): Phase {
  return function row(packet) {
    if (isError(packet)) return answered;
    if (!isEnd(packet, form)) return { next: row };
    const flags = readStatus(packet);
    return { status: flags, next: (flags & status.moreResults) === 0 ? undefined : nextResult };
  };
}
