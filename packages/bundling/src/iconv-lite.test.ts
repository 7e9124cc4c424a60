import { expect, it } from "vitest";
import { decode, encode, encodingExists, getDecoder, getEncoder } from "./iconv-lite.js";

it("reads and writes CESU-8, whatever the spelling of its name", () => {
  const bytes = getEncoder("CESU-8").write("zażółć 😀");
  expect(getDecoder("cesu8").write(bytes)).toBe("zażółć 😀");
  expect(decode(encode("ą", "cesu8"), "cesu8")).toBe("ą");
  expect([encodingExists("cesu-8"), encodingExists("latin2")]).toEqual([true, false]);
});

it.each(["latin2", "gbk", "utf8"])(
  "has no table for %s, and says so before it reads or writes",
  (charset) => {
    for (const use of [
      () => getDecoder(charset),
      () => getEncoder(charset),
      () => decode(Buffer.of(), charset),
    ]) {
      expect(use).toThrow(
        expect.objectContaining({
          code: "RDS_PROXY_UNSUPPORTED",
          message: expect.stringContaining(`no table for the character set ${charset}`),
        }),
      );
    }
  },
);
