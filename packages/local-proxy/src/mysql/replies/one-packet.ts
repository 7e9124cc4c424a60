import { answered, type Phase } from "./phase.js";
import { isError, readStatus } from "./status.js";

/** One packet: OK, EOF or an error. */
export const acknowledgement: Phase = (packet) =>
  isError(packet) ? answered : { next: undefined, status: readStatus(packet) };

/** One packet of text, without status: the reply to COM_STATISTICS. */
export const plainText: Phase = () => answered;
