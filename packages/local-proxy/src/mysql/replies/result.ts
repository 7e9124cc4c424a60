import { marker } from "../messages.js";
import { PayloadReader } from "../payload-reader.js";
import { definitions } from "./definitions.js";
import { answered, type Phase, type ReplyForm } from "./phase.js";
import { rows } from "./rows.js";
import { readStatus, status } from "./status.js";

/** The reply to a statement: one or more results, each an OK, an error, a request for a file, or columns and rows. */
export function result(form: ReplyForm): Phase {
  return function oneResult(packet) {
    switch (packet.head[0]) {
      case marker.ok: {
        const flags = readStatus(packet);
        return { status: flags, next: (flags & status.moreResults) === 0 ? undefined : oneResult };
      }
      case marker.error:
        return answered;
      case marker.localInfile:
        return { next: oneResult, wantsFile: true };
      default:
        return { next: columns(packet.head, form, rows(form, oneResult)) };
    }
  };
}

function columns(head: Buffer, form: ReplyForm, following: Phase): Phase {
  const fields = new PayloadReader(head);
  const count = fields.lengthEncoded();
  const areDescribed = !form.cachesMetadata || fields.integer(1) !== 0;
  if (areDescribed) return definitions(count, form, following);
  return form.deprecatesEof ? following : definitions(0, form, following);
}
