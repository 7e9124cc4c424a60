import type { ClientMessage } from "../client/client-message.js";
import type { ResolvedPinning } from "../options/options.js";

// The most that UTF-8 needs for a character.
const longestCharacterBytes = 4;

/** Whether a statement's text is too long for a shared connection. */
export function isTooLong(
  { text = "", textBytes }: Pick<ClientMessage, "text" | "textBytes">,
  { statementLimit, statementLimitUnit }: Pick<ResolvedPinning, "statementLimit" | "statementLimitUnit">,
): boolean {
  if (textBytes <= statementLimit) return false;
  if (statementLimitUnit === "bytes" || textBytes > statementLimit * longestCharacterBytes) return true;
  return [...text].length > statementLimit;
}
