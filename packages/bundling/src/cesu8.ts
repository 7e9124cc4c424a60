/** Stands for bytes that are no character. */
const REPLACEMENT = "\uFFFD";

/**
 * Encodes text in CESU-8, which mysql2 uses for MySQL's `utf8mb3`: UTF-8 of each UTF-16 code unit, so that a character beyond
 * the basic plane takes six bytes. https://www.unicode.org/reports/tr26/
 */
export function encodeCesu8(text: string): Buffer {
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}

/** Decodes CESU-8. Invalid bytes become U+FFFD, and U+0000 may be two bytes, both as in iconv-lite. */
export function decodeCesu8(bytes: Uint8Array): string {
  let text = "";
  let index = 0;
  while (index < bytes.length) {
    const lead = bytes[index] ?? 0;
    const length = lengthOf(lead);
    let unit = length === 1 ? lead : lead & (length === 2 ? 0x1f : 0x0f);
    let read = 1;
    while (read < length && isContinuation(bytes[index + read])) {
      unit = (unit << 6) | ((bytes[index + read] ?? 0) & 0x3f);
      read++;
    }
    const isValid = length > 0 && read === length && !isOverlong(unit, length);
    text += isValid ? String.fromCharCode(unit) : REPLACEMENT;
    index += read;
  }
  return text;
}

/** The bytes of a code unit by the first of them; 0 for a byte that begins none. */
function lengthOf(lead: number): 0 | 1 | 2 | 3 {
  if (lead < 0x80) return 1;
  if (lead < 0xc0 || lead >= 0xf0) return 0;
  return lead < 0xe0 ? 2 : 3;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function isOverlong(unit: number, length: number): boolean {
  return (length === 2 && unit < 0x80 && unit > 0) || (length === 3 && unit < 0x800);
}
