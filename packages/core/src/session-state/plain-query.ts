/** A query of one line without functions, literals, variables, comments and quoted names. */
const PLAIN = /^select [\w .,*=<>$?]+$/i;
/** SELECT ... INTO makes a table, and UPDATE pg_settings in a CTE sets a parameter. */
const SPECIAL = /\b(?:into|pg_settings)\b/i;
/** Far less than the length that pins, which is 16 kB. */
const LONGEST = 1000;

/** Whether a statement is a query that obviously leaves nothing in its session. False for most that do not. */
export function isPlainQuery({
  text,
  isPrepared,
}: {
  readonly text: string;
  readonly isPrepared?: boolean;
}): boolean {
  return !isPrepared && text.length <= LONGEST && PLAIN.test(text) && !SPECIAL.test(text);
}
