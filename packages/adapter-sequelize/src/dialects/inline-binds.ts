/** Text in which a question mark is no placeholder: quoted, with the escapes of MySQL's default mode, or a comment. */
const QUOTED =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|\/\*.*?\*\/|#[^\n]*|--(?:[ \t][^\n]*|(?=\n|$))/gs;

/**
 * Puts values into the text of a statement in place of its placeholders.
 *
 * @param toLiteral writes one value as a literal
 * @throws Error when there are more or fewer values than placeholders, as the server would say
 */
export function inlineBinds<Value>(
  statement: string,
  values: readonly Value[],
  toLiteral: (value: Value) => string,
): string {
  let used = 0;
  const fill = (text: string): string =>
    text.replaceAll("?", () => {
      const value = values[used++];
      if (value === undefined) throw new TypeError("Bind parameters must not contain undefined.");
      return toLiteral(value);
    });

  let result = "";
  let end = 0;
  for (const { 0: quoted, index } of statement.matchAll(QUOTED)) {
    result += fill(statement.slice(end, index)) + quoted;
    end = index + quoted.length;
  }
  result += fill(statement.slice(end));
  if (used !== values.length) {
    throw new Error(`The statement has ${used} placeholders for ${values.length} values.`);
  }
  return result;
}
