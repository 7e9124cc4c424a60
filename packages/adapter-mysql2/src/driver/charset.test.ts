import { createRequire } from "node:module";
import { describe, expect, it, onTestFinished } from "vitest";
import { errorOf } from "../../../core/src/testing/errors.js";
import { checkMysql2Options, MYSQL2_OPTION_NAMES } from "./driver-options.js";
import { isSafeCharset } from "./safe-charsets.js";

// What mysql2 itself knows and does; none of it is exported.
const require = createRequire(import.meta.resolve("mysql2"));
const charsets: Record<string, number> = require("./lib/constants/charsets.js");
const encodings: string[] = require("./lib/constants/charset_encodings.js");
const { encode }: { encode(text: string, encoding: string): Buffer } = require("./lib/parsers/string.js");

const isAccepted = (charset: string): boolean => isOptionAccepted({ charset });

function isOptionAccepted(options: object): boolean {
  try {
    checkMysql2Options(options, MYSQL2_OPTION_NAMES);
    return true;
  } catch {
    return false;
  }
}

const REMEDY = "Leave it out, or use utf8mb4: the server converts text to the character set of each column.";

const messageOf = (options: object): string =>
  errorOf(() => checkMysql2Options(options, MYSQL2_OPTION_NAMES)).message;

/** Whether mysql2 writes each ASCII character as itself, and no other with a byte that ends or escapes a literal. */
function isWrittenSafely(encoding: string): boolean {
  try {
    const ascii = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code)).join("");
    if (!encode(ascii, encoding).equals(Buffer.from(ascii))) return false;
    for (let code = 0x80; code < 0x1_0000; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      if (encode(String.fromCharCode(code), encoding).some((byte) => [0x22, 0x27, 0x5c, 0x60].includes(byte)))
        return false;
    }
    return true;
  } catch {
    return false;
  }
}

describe("a character set of mysql2", () => {
  it.each([...new Set(encodings.filter(Boolean))])(
    "is accepted if mysql2 writes it safely, and refused otherwise: %s",
    (encoding) => {
      const expected = isWrittenSafely(encoding);
      // A few names lack their end.
      const names = Object.keys(charsets).filter(
        (name) => encodings[charsets[name] ?? 0] === encoding && !name.endsWith("_"),
      );
      for (const name of names) {
        expect({ name, isAccepted: isAccepted(name) }).toEqual({ name, isAccepted: expected });
        expect(isAccepted(name.toLowerCase())).toBe(expected);
        expect(isSafeCharset(name.toLowerCase().split("_")[0] ?? "")).toBe(expected);
      }
    },
  );

  it.each(["utf-8", "utf8mb4_nowhere_ci", "utf8mb4_", "unicode", "", "toString"])(
    "is refused where mysql2 does not know it: %j",
    (charset) => {
      expect(isAccepted(charset)).toBe(false);
    },
  );

  it("is accepted by the number of a collation under the same condition", () => {
    const isSafe = new Map([...new Set(encodings)].map((encoding) => [encoding, isWrittenSafely(encoding)]));
    const numbers = [...Array.from({ length: 309 }, (_, index) => index + 1), 2047, 2048, 2559, 2560, 224.5];
    for (const charsetNumber of numbers) {
      const expected = isSafe.get(encodings[charsetNumber] ?? "") ?? false;
      expect({ charsetNumber, isAccepted: isOptionAccepted({ charsetNumber }) }).toEqual({
        charsetNumber,
        isAccepted: expected,
      });
    }
  });

  it.each([
    [
      ["LATIN1", "ascii_bin", "binary"],
      "mysql2 keeps one byte of each character, which makes a quote of U+0127",
    ],
    [
      ["big5", "cp932", "gb18030", "gb2312", "gbk", "SJIS_JAPANESE_CI", "ujis"],
      "characters are written with the byte of a backslash, so that values cannot be escaped",
    ],
    [["ucs2", "utf16_bin", "utf16le", "utf32"], "MySQL takes no statements in it"],
    [["dec8", "eucjpms", "geostd8", "hp8", "keybcs2", "swe7"], "mysql2 cannot encode text"],
    [["armscii8"], "mysql2 writes parentheses, commas and dots as other characters"],
  ])("is refused with the reason and the remedy: %j", (names, reason) => {
    for (const charset of names) {
      expect(messageOf({ charset })).toBe(
        "charset: expected a character set or collation that mysql2 knows and that is safe, such as utf8mb4_unicode_ci, " +
          `received "${charset}". With ${charset.toLowerCase().split("_")[0]}, ${reason}. ${REMEDY}`,
      );
    }
  });

  it.each(["latin9", ["utf8mb4"], null, Object.create(null)])(
    "is refused without a reason: %o",
    (charset) => {
      expect(messageOf({ charset })).toMatch(/^charset: expected .*, received [^.]*\. Leave it out/);
    },
  );

  it("is refused where a bundle has no table for it", () => {
    const mark = Symbol.for("@rds-proxy/utf8-only");
    Reflect.set(globalThis, mark, true);
    onTestFinished(() => {
      Reflect.deleteProperty(globalThis, mark);
    });
    expect([isAccepted("utf8mb4"), isAccepted("utf8_bin"), isAccepted("LATIN2_CROATIAN_CI")]).toEqual([
      true,
      true,
      false,
    ]);
    const lost = `This bundle has no tables of other character sets: @rds-proxy/bundling has left iconv-lite out. ${REMEDY}`;
    expect(messageOf({ charset: "latin2" })).toBe(
      `charset: expected utf8mb4 or utf8, received "latin2". ${lost}`,
    );
    expect(messageOf({ charsetNumber: 9 })).toBe(
      `charsetNumber: expected the number of a collation of utf8mb4 or utf8, received 9. ${lost}`,
    );
    expect(messageOf({ charset: "latin1" })).toContain("With latin1, ");
    for (let charsetNumber = 1; charsetNumber < 2560; charsetNumber++) {
      if (isOptionAccepted({ charsetNumber })) expect(encodings[charsetNumber]).toMatch(/^(?:utf8|cesu8)$/);
    }
    expect([isOptionAccepted({ charsetNumber: 224 }), isOptionAccepted({ charsetNumber: 33 })]).toEqual([
      true,
      true,
    ]);
  });
});
