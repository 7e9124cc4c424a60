/** A string in MySQL's default mode, and those that it joins with what precedes; or text that holds no string literal. */
const TOKEN =
  /replace\('((?:[^']|'')*)','(<\d+>)',mid\(quote\(''''\),2,1\)\)|'(?:[^'\\]|\\.|'')*'(?:\s+'(?:[^'\\]|\\.|'')*')*|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`/gs;

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  b: "\b",
  n: "\n",
  r: "\r",
  t: "\t",
  Z: "\x1a",
};

/**
 * A statement with each string literal as JSON. Our adapter writes some values in another way than mysql2 does, so that no
 * character set and SQL mode misreads them: doubled quotes, joined literals, backslashes by the server. Their value has to be equal.
 */
export function withPlainLiterals(statement: string): string {
  return statement.replaceAll(TOKEN, (token: string, ...groups: unknown[]) => {
    const [text, standIn] = groups;
    if (typeof text === "string" && typeof standIn === "string")
      return JSON.stringify(text.replaceAll("''", "'").replaceAll(standIn, "\\"));
    if (!token.startsWith("'")) return token;
    const parts = token.match(/'(?:[^'\\]|\\.|'')*'/gs) ?? [];
    return JSON.stringify(parts.map((part) => textOf(part.slice(1, -1))).join(""));
  });
}

function textOf(text: string): string {
  return text.replaceAll(/\\(.)|''/gs, (_, escaped?: string) =>
    escaped === undefined ? "'" : (ESCAPES[escaped] ?? escaped),
  );
}
