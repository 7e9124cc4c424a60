import { expect, test } from "vitest";
import { decodeText } from "./decode-text.js";

test.each([
  ["gbk", "'bf5c27", "'縗'"],
  // Not the second byte of a character.
  ["gbk", "'bf27", "'\ufffd'"],
  ["sjis", "'835c27", "'ソ'"],
  ["cp932", "'b15c27", "'ｱ\\'"],
  ["big5", "'a55c27", "'功'"],
  // A pair that stands for no character is one character nevertheless.
  ["sjis", "'855c27", "'\ufffd'"],
  ["GB18030", "'d55c27", "'誠'"],
  ["UHC", "'b0a127", "'가'"],
  ["utf8mb4", "'c3a95c27", "'é\\'"],
  ["utf8mb4", "'e95c27", "'\ufffd\\'"],
  ["latin1", "'bf5c27", "'\ufffd\\'"],
])("%s: %s", (characterSet, hex, text) => {
  const bytes = Buffer.concat([Buffer.from("'"), Buffer.from(hex.replaceAll("'", ""), "hex")]);
  expect(decodeText(bytes, characterSet)).toBe(text);
});

test("a second byte of ASCII is not read on its own, whatever the first is", () => {
  for (const characterSet of ["gbk", "gb18030", "big5", "sjis", "cp932"]) {
    for (let first = 0xe0; first <= 0xf9; first++) {
      const text = decodeText(Buffer.from([first, 0x5c, 0x27]), characterSet);
      expect(text.slice(-1)).toBe("'");
      expect(text).not.toContain("\\");
    }
  }
});
