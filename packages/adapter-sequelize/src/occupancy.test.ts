import type { Deadline } from "@rds-proxy/core/adapter";
import { describe, expect, it } from "vitest";
import { Occupancy, type Occupant } from "./occupancy.js";

const until = (at: number): Deadline => ({ at, whenPassed: () => () => undefined, remainingMs: () => 0 });
const occupantUntil = (at: number): Occupant => ({ patience: until(at) });

describe("occupancy", () => {
  it("lets the initialisation in, and nobody between two invocations", () => {
    const occupancy = new Occupancy();
    expect(() => occupancy.refuseLeftovers()).not.toThrow();
    const one = occupantUntil(1);
    occupancy.enter(one);
    expect(() => occupancy.refuseLeftovers()).not.toThrow();
    occupancy.leave(one);
    expect(() => occupancy.refuseLeftovers()).toThrow(/after its invocation had ended/);
  });

  it("takes what several may have begun for theirs until the last of them has left", () => {
    const occupancy = new Occupancy();
    const [one, two, three] = [occupantUntil(1), occupantUntil(2), occupantUntil(3)];
    occupancy.enter(one);
    occupancy.enter(two);
    const begunBy = occupancy.present;
    occupancy.enter(three);
    occupancy.leave(one);
    expect(occupancy.areGone(begunBy)).toBe(false);
    occupancy.leave(two);
    expect(occupancy.areGone(begunBy)).toBe(true);
    expect(occupancy.isEmpty).toBe(false);
  });

  it("counts the periods in which somebody is there", () => {
    const occupancy = new Occupancy();
    const [one, two] = [occupantUntil(1), occupantUntil(2)];
    occupancy.enter(one);
    const first = occupancy.period;
    occupancy.enter(two);
    occupancy.leave(one);
    expect(occupancy.period).toBe(first);
    occupancy.leave(two);
    occupancy.enter(one);
    expect(occupancy.period).not.toBe(first);
  });

  it("waits as long as the most patient may", () => {
    const occupancy = new Occupancy();
    expect(occupancy.patience).toBeUndefined();
    for (const at of [20, 30, 10]) occupancy.enter(occupantUntil(at));
    expect(occupancy.patience?.at).toBe(30);
  });
});
