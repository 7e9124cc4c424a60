import { isWord, nameOf, type Token } from "../statements/lex.js";

/** The name that the token at `index` is, with its Unicode escapes decoded; `undefined` if it is no name. */
export function nameAt(tokens: readonly Token[], index: number): string | undefined {
  const token = tokens[index];
  // U&"…" UESCAPE '!'
  if (token?.kind === "string" && isWord(tokens[index - 1], "uescape")) {
    const named = tokens[index - 2];
    return named?.kind === "identifier" ? decodeName(named.text, token.text.charAt(1)) : undefined;
  }
  return token?.kind === "identifier" ? decodeName(token.text, "\\") : nameOf(token);
}

function decodeName(written: string, mark: string): string {
  if (!/^u&/i.test(written)) return written.slice(1, -1);
  const [first = "", ...escaped] = written.slice(3, -1).split(mark);
  return first + escaped.map(decodeEscape).join("");
}

// Four hexadecimal digits, or six after a plus sign.
function decodeEscape(part: string): string {
  const [matched = "", short, long] = /^(?:([\da-f]{4})|\+([\da-f]{6}))/i.exec(part) ?? [];
  const code = Number.parseInt(short ?? long ?? "", 16);
  return (code <= 0x10_ffff ? String.fromCodePoint(code) : "") + part.slice(matched.length);
}
