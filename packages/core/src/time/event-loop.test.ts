import { Duplex } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { endOfTurn, LatestTurn, setRef } from "./event-loop.js";

describe("the latest turn", () => {
  it("is current until the end of the turn in which something happened", async () => {
    const turn = new LatestTurn();
    expect(turn.isCurrent).toBe(false);
    turn.note();
    turn.note();
    expect(turn.isCurrent).toBe(true);
    await Promise.resolve();
    expect(turn.isCurrent).toBe(true);
    await endOfTurn();
    expect(turn.isCurrent).toBe(false);
  });

  it("has ended for what waits for the same end", async () => {
    const turn = new LatestTurn();
    await endOfTurn();
    turn.note();
    const isCurrent = await endOfTurn().then(() => turn.isCurrent);
    expect(isCurrent).toBe(false);
  });
});

describe("a socket", () => {
  it("is made to keep the process alive, or not to", () => {
    const socket = Object.assign(new Duplex(), { ref: vi.fn(), unref: vi.fn() });
    setRef(socket, true);
    expect([socket.ref.mock.calls.length, socket.unref.mock.calls.length]).toEqual([1, 0]);
    setRef(socket, false);
    expect([socket.ref.mock.calls.length, socket.unref.mock.calls.length]).toEqual([1, 1]);
  });

  it.each([undefined, new Duplex()])("that is none is left alone: %o", (stream) => {
    for (const isRef of [true, false]) expect(() => setRef(stream, isRef)).not.toThrow();
  });
});
