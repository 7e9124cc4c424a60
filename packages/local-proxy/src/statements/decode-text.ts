/** Which bytes make a character of two bytes, and what those stand for. */
interface DoubleByteEncoding {
  readonly decoder: string;
  isLead(byte: number): boolean;
  isTrail(byte: number): boolean;
}

const lead: DoubleByteEncoding["isLead"] = (byte) => byte >= 0x81 && byte <= 0xfe;

// The encodings in which the second byte can be a backslash, a backtick or a letter of ASCII. Sources: the character
// sets of MySQL (strings/ctype-*.c), and the multibyte functions of PostgreSQL (src/common/wchar.c).
const gbk: DoubleByteEncoding = {
  decoder: "gbk",
  isLead: lead,
  isTrail: (byte) => byte >= 0x40 && byte <= 0xfe && byte !== 0x7f,
};
const big5: DoubleByteEncoding = {
  decoder: "big5",
  isLead: (byte) => byte >= 0xa1 && byte <= 0xf9,
  isTrail: (byte) => (byte >= 0x40 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xfe),
};
const sjis: DoubleByteEncoding = {
  decoder: "shift_jis",
  isLead: (byte) => (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc),
  isTrail: (byte) => byte >= 0x40 && byte <= 0xfc && byte !== 0x7f,
};
const korean: DoubleByteEncoding = {
  decoder: "euc-kr",
  isLead: lead,
  isTrail: (byte) => byte >= 0x31 && byte <= 0xfe,
};

// By the names of both engines, in lower case. In gb18030's characters of four bytes, the second and the fourth are digits.
const doubleByte: ReadonlyMap<string, DoubleByteEncoding> = new Map([
  ["big5", big5],
  ["gbk", gbk],
  ["gb18030", gbk],
  ["sjis", sjis],
  ["cp932", sjis],
  ["shift_jis_2004", sjis],
  ["uhc", korean],
  ["johab", korean],
]);

/**
 * Decodes a text in a client's character set, so that each byte of ASCII that is not part of a longer character stays what it
 * is. What cannot be decoded becomes U+FFFD; other character sets than UTF-8 and those of two bytes are not known.
 */
export function decodeText(bytes: Buffer, characterSet: string): string {
  const encoding = doubleByte.get(characterSet.toLowerCase());
  return encoding === undefined ? bytes.toString("utf8") : decodeDoubleBytes(bytes, encoding);
}

function decodeDoubleBytes(bytes: Buffer, { decoder, isLead, isTrail }: DoubleByteEncoding): string {
  const characters = new TextDecoder(decoder);
  const parts: string[] = [];
  let asciiStart = 0;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) {
      at += 1;
      continue;
    }
    parts.push(bytes.toString("latin1", asciiStart, at));
    const isDouble = isLead(byte) && isTrail(bytes[at + 1] ?? 0);
    const decoded = characters.decode(bytes.subarray(at, at + (isDouble ? 2 : 1)));
    // A decoder gives back a second byte of ASCII if it does not know the character.
    parts.push(/^[^\0-\x7f]+$/.test(decoded) ? decoded : "\ufffd");
    at += isDouble ? 2 : 1;
    asciiStart = at;
  }
  parts.push(bytes.toString("latin1", asciiStart));
  return parts.join("");
}
