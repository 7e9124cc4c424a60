import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sessionChanges } from "./session-track.js";

const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const part = (...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([content.length]), content]);
};
const SYSTEM_VARIABLES = Buffer.from([0]);
const SCHEMA = Buffer.from([1]);

/** An OK packet: affected rows, id, status, warnings, message, what has changed. */
function ok(status: number, ...changes: Buffer[]): Buffer {
  return Buffer.concat([okHead(status), part(...changes)]);
}

function okHead(status: number): Buffer {
  const head = Buffer.from([0, 0xfc, 0x10, 0x27, 7, status & 0xff, status >> 8, 0, 0]);
  return Buffer.concat([head, text("info")]);
}

const valueIn = (packet: Buffer) => sessionChanges(packet, 0, packet.length)?.get("character_set_client");

describe("a variable that the session tracks", () => {
  it("is found among others, in entries of its own or in one", () => {
    const others = [SYSTEM_VARIABLES, part(text("autocommit"), text("ON")), SCHEMA, part(text("shop"))];
    const own = [SYSTEM_VARIABLES, part(text("character_set_client"), text("sjis"))];
    expect(valueIn(ok(0x4002, ...others, ...own))).toBe("sjis");
    const together = part(text("autocommit"), text("ON"), text("character_set_client"), text("gbk"));
    expect(valueIn(ok(0x4002, SYSTEM_VARIABLES, together))).toBe("gbk");
  });

  it("is distinguished from a change of the database", () => {
    const packet = ok(0x4002, SCHEMA, part(text("shop")));
    expect(sessionChanges(packet, 0, packet.length)).toEqual(new Map());
    const neither = ok(0x4002, Buffer.from([5]), part(text("________")));
    expect(sessionChanges(neither, 0, neither.length)).toBeUndefined();
  });

  it("has not changed where the packet does not say so", () => {
    const change = [SYSTEM_VARIABLES, part(text("character_set_client"), text("sjis"))];
    expect(valueIn(ok(0x4002, ...change))).toBe("sjis");
    expect(valueIn(ok(0x0002, ...change))).toBeUndefined();
    expect(valueIn(ok(0x2002, ...change))).toBeUndefined();
    const [, ...afterMarker] = ok(0x4002, ...change);
    expect(valueIn(Buffer.from([0xfe, ...afterMarker]))).toBeUndefined();
    expect(valueIn(ok(0x4002, SYSTEM_VARIABLES, part(text("autocommit"), text("ON"))))).toBeUndefined();
    expect(valueIn(Buffer.from([0xff, 0x10, 0x04]))).toBeUndefined();
  });

  it.each([
    ["two bytes", (value: string) => Buffer.from([0xfc, value.length & 0xff, value.length >> 8])],
    ["three bytes", (value: string) => Buffer.from([0xfd, value.length & 0xff, value.length >> 8, 0])],
    [
      "eight bytes",
      (value: string) => Buffer.from([0xfe, value.length & 0xff, value.length >> 8, 0, 0, 0, 0, 0, 0]),
    ],
  ])("may have a length of %s", (_, lengthOf) => {
    const long = (value: Buffer): Buffer => Buffer.concat([lengthOf(value.toString("latin1")), value]);
    const value = "x".repeat(300);
    const entry = Buffer.concat([text("character_set_client"), long(Buffer.from(value))]);
    const changes = long(Buffer.concat([SYSTEM_VARIABLES, long(entry)]));
    expect(valueIn(Buffer.concat([okHead(0x4002), changes]))).toBe(value);
  });

  it("is read byte by byte as Latin-1", () => {
    const entry = Buffer.concat([text("character_set_client"), Buffer.from([2, 0xe9, 0x80])]);
    expect(valueIn(ok(0x4002, SYSTEM_VARIABLES, part(entry)))).toBe("\u00e9\u0080");
  });

  it("is read from the middle of a buffer, and never beyond its packet or its entry", () => {
    const packet = ok(0x4002, SYSTEM_VARIABLES, part(text("character_set_client"), text("utf8mb4")));
    const within = Buffer.concat([Buffer.from("before"), packet, Buffer.from("after")]);
    const read = (end: number) => sessionChanges(within, 6, 6 + end)?.get("character_set_client");
    expect(read(packet.length)).toBe("utf8mb4");
    expect(read(packet.length - 3)).toBe("utf8");
    // Longer than the buffer, too.
    expect(sessionChanges(packet.subarray(0, -3), 0, packet.length)).toEqual(
      new Map([["character_set_client", "utf8"]]),
    );
    // The value's length reaches into the next entry.
    const entry = part(text("character_set_client"), Buffer.from([9]), Buffer.from("utf8"));
    expect(valueIn(ok(0x4002, SYSTEM_VARIABLES, entry, SCHEMA, part(text("shop"))))).toBe("utf8");
  });

  it("is looked for in any bytes, and in no more than the packet", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, end) => {
        const packet = Buffer.from([0, ...bytes]);
        sessionChanges(packet, 0, Math.min(end, packet.length));
      }),
    );
  });
});
