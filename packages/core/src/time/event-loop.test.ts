import { describe, expect, it } from "vitest";
import { endOfTurn, LatestTurn } from "./event-loop.js";

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
