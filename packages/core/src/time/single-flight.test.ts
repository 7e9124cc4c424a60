import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../testing/virtual-clock.js";
import { singleFlight } from "./single-flight.js";

describe("a single flight", () => {
  it("is shared by concurrent calls, and not by later ones", async () => {
    let flights = 0;
    const fly = singleFlight(createVirtualClock(), async () => ++flights);
    expect(await Promise.all([fly(), fly()])).toEqual([1, 1]);
    expect(await fly()).toBe(2);
  });

  it("fails for all callers that share it, and is started again after that", async () => {
    let flights = 0;
    const fly = singleFlight(createVirtualClock(), async () => {
      if (++flights === 1) throw new Error("no answer");
      return flights;
    });
    expect(await Promise.allSettled([fly(), fly()])).toMatchObject([
      { status: "rejected" },
      { status: "rejected" },
    ]);
    expect(await fly()).toBe(2);
  });

  it("is joined as long as a call may take", async () => {
    const clock = createVirtualClock();
    const { promise, resolve } = Promise.withResolvers<string>();
    let flights = 0;
    const fly = singleFlight(clock, () => {
      flights++;
      return promise;
    });
    const first = fly();
    clock.advance(10_000);
    const second = fly();
    resolve("landed");
    expect([await first, await second, flights]).toEqual(["landed", "landed", 1]);
  });

  it("is not joined if it is older than a call takes, and does not end the next one", async () => {
    const clock = createVirtualClock();
    const flights: PromiseWithResolvers<string>[] = [];
    const fly = singleFlight(clock, () => {
      const flight = Promise.withResolvers<string>();
      flights.push(flight);
      return flight.promise;
    });
    const frozen = fly();
    clock.advance(10_001);
    const second = fly();
    flights[0]?.resolve("late");
    expect(await frozen).toBe("late");
    const third = fly();
    flights[1]?.resolve("in time");
    expect(await Promise.all([second, third])).toEqual(["in time", "in time"]);
  });
});
