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
  const head = Buffer.from([0, 0xfc, 0x10, 0x27, 7, status & 0xff, status >> 8, 0, 0]);
  return Buffer.concat([head, text("info"), part(...changes)]);
}

const valueIn = (packet: Buffer) =>
  sessionChanges(packet, 0, packet.length)?.variables.get("character_set_client");

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
    expect(sessionChanges(packet, 0, packet.length)).toEqual({ variables: new Map(), isSchemaChanged: true });
  });

  it("has not changed where the packet does not say so", () => {
    const change = [SYSTEM_VARIABLES, part(text("character_set_client"), text("sjis"))];
    expect(valueIn(ok(0x0002, ...change))).toBeUndefined();
    expect(valueIn(ok(0x4002, SYSTEM_VARIABLES, part(text("autocommit"), text("ON"))))).toBeUndefined();
    expect(valueIn(Buffer.from([0xff, 0x10, 0x04]))).toBeUndefined();
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
