import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { MessageChecks } from "./message-checks.js";

function message(type: string, body: string): Buffer {
  const header = Buffer.from(`${type}0000`);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, Buffer.from(body, "latin1")]);
}

const LONGEST = 16 * 2 ** 20;

/** The header of an error with a body of this length. */
function errorOfLength(length: number): Buffer {
  const header = Buffer.from("E0000");
  header.writeUInt32BE(length + 4, 1);
  return header;
}

const GOOD = Buffer.concat([
  message("E", "SERROR\0Mwrong\0\0"),
  message("D", "whatever is in a row"),
  message("N", "\0"),
  message("Z", "I"),
  message("1", ""),
  message("R", "\0\0\0\x03"),
]);

describe("a server's messages", () => {
  it("are accepted as a server sends them, however they are split", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: GOOD.length })), (cuts) => {
        const checkRequest = vi.fn();
        const messages = new MessageChecks(checkRequest);
        const places = [0, ...cuts.toSorted((one, other) => one - other), GOOD.length];
        places.slice(1).forEach((end, index) => {
          messages.check(GOOD.subarray(places[index], end));
        });
        expect(checkRequest.mock.calls).toEqual([[3]]);
      }),
    );
  });

  it.each([
    ["an error without an end", message("E", "SERROR\0"), "an error does not end"],
    ["an error without a field's end", message("E", "SERROR"), "an error does not end"],
    ["an error without anything", message("E", ""), "an error does not end"],
    ["a notice without an end", message("N", "Mmore\0"), "an error does not end"],
    ["a length that is none", Buffer.from([0x44, 0, 0, 0, 3]), "its length is 3"],
    ["an error longer than any", errorOfLength(LONGEST + 1), "a message is too long"],
  ])("are refused with %s", (_, bytes, reason) => {
    expect(() => new MessageChecks(() => undefined).check(Buffer.concat([GOOD, bytes, GOOD]))).toThrow(
      reason,
    );
  });

  it("may be errors as long as the longest statement", () => {
    expect(() => new MessageChecks(() => undefined).check(errorOfLength(LONGEST))).not.toThrow();
  });

  it("are read for the authentication request, however they are split", () => {
    const asked = Buffer.concat([GOOD, message("R", "\0\0\0\x0aSCRAM\0\0")]);
    const checkRequest = vi.fn();
    const checks = new MessageChecks(checkRequest);
    for (const byte of asked) checks.check(Buffer.from([byte]));
    new MessageChecks(checkRequest).check(asked);
    expect(checkRequest.mock.calls).toEqual([[3], [10], [3], [10]]);
    expect(() => checks.check(message("R", "\0\0"))).toThrow();
  });

  it("that are not errors may have any length", () => {
    expect(() =>
      new MessageChecks(() => undefined).check(Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff, 1, 2])),
    ).not.toThrow();
  });
});
