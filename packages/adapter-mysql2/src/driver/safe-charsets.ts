/**
 * Character sets that mysql2 encodes safely: each ASCII character is its own byte, and no other character contains a byte that
 * MySQL reads as a quote or a backslash. `charset.test.ts` checks each of them against mysql2's output.
 */
const SAFE_CHARSETS =
  "utf8mb4 utf8mb3 utf8 cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 euckr greek hebrew koi8r koi8u latin2 latin5 latin7 " +
  "macce macroman tis620";

/**
 * Whether values can be written into the text of a statement that is sent in this character set.
 *
 * @param charset a name of MySQL's, in lower case
 */
export function isSafeCharset(charset: string): boolean {
  return SAFE_CHARSETS.split(" ").includes(charset);
}
