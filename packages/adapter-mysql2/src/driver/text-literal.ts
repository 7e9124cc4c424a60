/** How a session reads a backslash between quotes; `unknown` until the server has told, or while it may be changing. */
export type BackslashReading = "escape" | "character" | "unknown";

/**
 * Writes a text as a literal that ends where it should in every character set and SQL mode of MySQL and MariaDB.
 *
 * - A quote is doubled, which both modes read alike, and 0x27 is part of no other character in any character set.
 * - A backslash is doubled where the session reads it as an escape. It never follows a character outside of ASCII, whose
 *   last byte could take it for its own in gbk, big5 or sjis: there the literal is closed and another begun, which MySQL
 *   joins. Read in the other mode, such a text has too many backslashes, and still ends where it should.
 * - Otherwise the server puts the backslashes into the text, which then has the session's collation, as a literal has. A
 *   hexadecimal literal would have that of its character set.
 */
export function textLiteral(text: string, reading: BackslashReading): string {
  if (!text.includes("\\")) return `'${text.replaceAll("'", "''")}'`;
  if (reading !== "escape") return backslashesByServer(text);
  return `'${text
    .replaceAll("'", "''")
    .replaceAll("\\", "\\\\")
    .replaceAll(/[\u0080-\uffff](?=\\)/g, "$&' '")}'`;
}

/** Bytes as a string of MySQL's binary character set, as a parameter has them. Without the introducer they may become a number. */
export function bytesLiteral(bytes: Buffer): string {
  return `_binary x'${bytes.toString("hex")}'`;
}

/** QUOTE escapes with a backslash in every SQL mode: its second character is one. */
const BACKSLASH = "mid(quote(''''),2,1)";

function backslashesByServer(text: string): string {
  let standIn = "<0>";
  for (let next = 1; text.includes(standIn); next++) standIn = `<${next}>`;
  return `replace('${text.replaceAll("'", "''").replaceAll("\\", standIn)}','${standIn}',${BACKSLASH})`;
}
