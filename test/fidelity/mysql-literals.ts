/** A string in MySQL's default mode, and those that it joins with what precedes; or text that holds no string literal. */
const TOKEN =
  /'((?:[^'\\]|\\.|'')*)'(?:\s+'((?:[^'\\]|\\.|'')*)')*|_utf8mb4 x'([0-9a-f]*)'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`/gs;

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
 * character set and SQL mode misreads them: doubled quotes, joined literals, hexadecimal ones. Their value has to be equal.
 */
export function withPlainLiterals(statement: string): string {
  return statement.replaceAll(TOKEN, (token: string, ...groups: unknown[]) => {
    const hexadecimal = groups[2];
    if (typeof hexadecimal === "string")
      return JSON.stringify(Buffer.from(hexadecimal, "hex").toString("utf8"));
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
