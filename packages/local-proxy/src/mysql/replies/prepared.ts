import { PayloadReader } from "../payload-reader.js";
import { definitions } from "./definitions.js";
import { answered, type Phase, type ReplyForm } from "./phase.js";
import { isError } from "./status.js";

/** The reply to COM_STMT_PREPARE: the statement's id, and the definitions of its parameters and columns. */
export function prepared(form: ReplyForm): Phase {
  return (packet) => {
    if (isError(packet)) return answered;
    const fields = new PayloadReader(packet.head);
    fields.bytes(5);
    const columnCount = fields.integer(2);
    const parameterCount = fields.integer(2);
    const columns = columnCount > 0 ? definitions(columnCount, form, undefined) : undefined;
    return { next: parameterCount > 0 ? definitions(parameterCount, form, columns) : columns };
  };
}
