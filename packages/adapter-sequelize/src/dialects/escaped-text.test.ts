import { describe, expect, it } from "vitest";
import { withoutEscapes } from "./escaped-text.js";

describe("a statement of Sequelize", () => {
  it.each([
    ["select 'plain', \"it's\", `a`", "select 'plain', \"it's\", `a`"],
    ["select 'it\\'s', 'a\\\"b'", "select 'it''s', 'a\"b'"],
    ["select 'a\\0\\b\\n\\r\\t\\Zb'", "select 'a\0\b\n\r\t\x1ab'"],
    ["select 'a\\\\b', '\\%\\_'", "select 'a\\\\b', '\\\\%\\\\_'"],
    ["select 'it\\'s ''two'''", "select 'it''s ''two'''"],
    ["select '中\\'', '中\\\\'", "select '中''', '中' '\\\\'"],
    ["select 'unknown \\q'", "select 'unknown q'"],
    ["select 'a\\\nb', 'a\\ b'", "select 'a\nb', 'a b'"],
    ["select '\\\\', 'it''s' as `\\`", "select '\\\\', 'it''s' as `\\`"],
  ])("has the same meaning without escapes: %s", (sql, expected) => {
    expect(withoutEscapes(sql, "escape")).toBe(expected);
  });

  it("has no backslash in its texts if its reading is unknown", () => {
    expect(withoutEscapes("select 'it\\'s', 'a\\\\b'", "unknown")).toBe(
      "select 'it''s', replace('a<0>b','<0>',mid(quote(''''),2,1))",
    );
  });

  it.each(["select \"a\\\"b\", '\\''", "select '\\' /*! ", "select \\ '\\''"])(
    "stays unchanged if it has several readings: %s",
    (sql) => {
      expect(withoutEscapes(sql, "escape")).toBe(sql);
    },
  );
});
