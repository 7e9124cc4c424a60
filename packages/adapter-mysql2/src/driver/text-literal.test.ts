import { describe, expect, it } from "vitest";
import { bytesLiteral, textLiteral } from "./text-literal.js";

describe("a text as a literal", () => {
  it.each([
    ["plain", "'plain'"],
    ["it's", "'it''s'"],
    ['a "b"\n\0', "'a \"b\"\n\0'"],
    ["中'", "'中'''"],
    ["a\\b\\\\'", "'a\\\\b\\\\\\\\'''"],
    ["中\\'é\\", "'中' '\\\\''é' '\\\\'"],
  ])("doubles quotes and backslashes: %j", (text, expected) => {
    expect(textLiteral(text, "escape")).toBe(expected);
  });

  it.each(["character", "unknown"] as const)("has no backslash where its reading is: %s", (reading) => {
    expect(textLiteral("中'", reading)).toBe("'中'''");
    expect(textLiteral("中'\\", reading)).toBe("replace('中''<0>','<0>',mid(quote(''''),2,1))");
    expect(textLiteral("\\<0>\\<1", reading)).toBe("replace('<1><0><1><1','<1>',mid(quote(''''),2,1))");
    expect(textLiteral("\\<0><1>", reading)).toBe("replace('<2><0><1>','<2>',mid(quote(''''),2,1))");
  });

  it("has bytes as a binary string", () => {
    expect(bytesLiteral(Buffer.from([0x27, 0xff]))).toBe("_binary x'27ff'");
  });
});
