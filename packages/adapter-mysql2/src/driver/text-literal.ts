/** How a session reads a backslash between quotes; `unknown` until the server has reported it, or while a statement may change it. */
export type BackslashReading = "escape" | "character" | "unknown";

/**
 * Writes a text as a literal that ends where it should in every character set and SQL mode of MySQL and MariaDB.
 *
 * - Quotes are doubled. Both SQL modes read that alike, and no character set has 0x27 as a byte of another character.
 * - Backslashes are doubled if the session reads them as escapes. In gbk, big5 and sjis a backslash can be the second byte of a
 *   non-ASCII character, so after such a character the literal is closed and a new one begun; MySQL joins them. If the mode is
 *   not the expected one, the text has too many backslashes, but the literal still ends where it should.
 * - Otherwise the server inserts the backslashes (`replace(...)`). The result has the session's collation, as a literal has;
 *   a hexadecimal literal would have the default collation of its character set.
 */
export function textLiteral(text: string, reading: BackslashReading): string {
  if (!text.includes("\\")) return `'${text.replaceAll("'", "''")}'`;
  if (reading !== "escape") return backslashesByServer(text);
  return `'${text
    .replaceAll("'", "''")
    .replaceAll("\\", "\\\\")
    .replaceAll(/[\u0080-\uffff](?=\\)/g, "$&' '")}'`;
}

/** Bytes as a string in MySQL's binary character set, like a parameter. Without the introducer MySQL may read them as a number. */
export function bytesLiteral(bytes: Buffer): string {
  return `_binary x'${bytes.toString("hex")}'`;
}

/** An expression for one backslash: QUOTE escapes with a backslash in every SQL mode, and here it is the second character. */
const BACKSLASH = "mid(quote(''''),2,1)";

function backslashesByServer(text: string): string {
  let standIn = "<0>";
  for (let next = 1; text.includes(standIn); next++) standIn = `<${next}>`;
  return `replace('${text.replaceAll("'", "''").replaceAll("\\", standIn)}','${standIn}',${BACKSLASH})`;
}
