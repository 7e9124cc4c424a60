import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorMessages } from "./error-messages.js";

function message(type: string, body: string): Buffer {
  const header = Buffer.from(`${type}0000`);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, Buffer.from(body, "latin1")]);
}

const GOOD = Buffer.concat([
  message("E", "SERROR\0Mwrong\0\0"),
  message("D", "whatever is in a row"),
  message("N", "\0"),
  message("Z", "I"),
  message("1", ""),
]);

describe("a server's messages", () => {
  it("are fine as a server sends them, wherever they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: GOOD.length })), (cuts) => {
        const messages = new ErrorMessages();
        const places = [0, ...cuts.toSorted((one, other) => one - other), GOOD.length];
        places.slice(1).forEach((end, index) => {
          messages.check(GOOD.subarray(places[index], end));
        });
      }),
    );
  });

  it.each([
    ["an error without an end", message("E", "SERROR\0")],
    ["an error without a field's end", message("E", "SERROR")],
    ["an error without anything", message("E", "")],
    ["a notice without an end", message("N", "Mmore\0")],
    ["a length that is none", Buffer.from([0x44, 0, 0, 0, 3])],
    ["an error longer than any", Buffer.from([0x45, 0x7f, 0xff, 0xff, 0xff])],
  ])("are refused with %s", (_, bytes) => {
    expect(() => new ErrorMessages().check(Buffer.concat([GOOD, bytes, GOOD]))).toThrow();
  });

  it("that are not errors may be as long as they like", () => {
    expect(() => new ErrorMessages().check(Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff, 1, 2]))).not.toThrow();
  });
});
