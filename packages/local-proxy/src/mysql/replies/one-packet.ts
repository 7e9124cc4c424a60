import { answered, type Phase } from "./phase.js";
import { isError, readStatus } from "./status.js";

/** OK, EOF or an error. */
export const acknowledgement: Phase = (packet) =>
  isError(packet) ? answered : { next: undefined, status: readStatus(packet) };

/** COM_STATISTICS gives a text and nothing else. */
export const plainText: Phase = () => answered;
