import type { ClientMessage } from "../client/client-message.js";
import type { ResolvedPinning } from "../options/options.js";

// UTF-8 takes no more for a character.
const longestCharacterBytes = 4;

/** Whether a statement's text is longer than what may be shared. */
export function isTooLong(
  { text = "", textBytes }: Pick<ClientMessage, "text" | "textBytes">,
  { statementLimit, statementLimitUnit }: Pick<ResolvedPinning, "statementLimit" | "statementLimitUnit">,
): boolean {
  if (textBytes <= statementLimit) return false;
  if (statementLimitUnit === "bytes" || textBytes > statementLimit * longestCharacterBytes) return true;
  return [...text].length > statementLimit;
}
