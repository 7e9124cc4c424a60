import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { MessageChecks } from "./message-checks.js";

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
  it("are accepted as a server sends them, however they are split", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: GOOD.length })), (cuts) => {
        const messages = new MessageChecks(() => undefined);
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
    expect(() => new MessageChecks(() => undefined).check(Buffer.concat([GOOD, bytes, GOOD]))).toThrow();
  });

  it("are read for the authentication request, however they are split", () => {
    const asked = Buffer.concat([
      GOOD,
      message("R", "\0\0\0\x03"),
      GOOD,
      message("R", "\0\0\0\x0aSCRAM\0\0"),
    ]);
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
