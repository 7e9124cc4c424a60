import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { checkMachine } from "./check-machine.js";
import { withDrawing } from "./draw-machine.js";
import { EventFollower } from "./follow-events.js";
import { type Machine, statesOf } from "./machine.js";
import { slotMachine } from "./slot-machine.js";

describe("the machine of slots and leases", () => {
  const checked = checkMachine(slotMachine, 2, 4);

  it("has no dead end, no forgotten invocation, and always a way to the end", () => {
    expect(checked.faults).toEqual([]);
    expect(checked.reached).toBeGreaterThan(1000);
  });

  it("reaches every state, and uses every transition", () => {
    const { gone } = slotMachine;
    expect(
      statesOf<string>(slotMachine).filter((state) => state !== gone && !checked.states.has(state)),
    ).toEqual([]);
    expect(slotMachine.transitions.filter((transition) => !checked.used.has(transition))).toEqual([]);
  });

  it("is drawn in docs/architecture.md: npm run docs:model", async () => {
    const text = await readFile(new URL("../../docs/architecture.md", import.meta.url), "utf8");
    expect(withDrawing(text, slotMachine)).toBe(text);
  });
});

describe("the search", () => {
  const without = (isLeftOut: (transition: Machine["transitions"][number]) => boolean): Machine => ({
    ...slotMachine,
    transitions: slotMachine.transitions.filter((transition) => !isLeftOut(transition)),
  });

  it("finds a state without a way out", () => {
    const machine = without(({ from }) => from === "rolling back");
    expect(checkMachine(machine, 1, 2).faults.join("\n")).toMatch(/nothing can happen: rolling back/);
  });

  it("finds a slot that is not passed on", () => {
    const transitions = slotMachine.transitions.map((transition) =>
      transition.on === "destroy" ? { ...transition, passes: undefined } : transition,
    ) as Machine["transitions"];
    const { faults } = checkMachine({ ...slotMachine, transitions }, 1, 2);
    expect(faults).toContain("an invocation waits for a free slot: empty; 1 waiting, 0 coming");
  });
});

describe("events that are followed", () => {
  const follow = (...names: string[]): (string | undefined)[] => {
    const follower = new EventFollower([{ machine: slotMachine, count: 1 }]);
    return names.map((line) => {
      const [name = "", reason] = line.split(": ");
      return follower.next({ name: name as "connect", reason });
    });
  };

  it("form a path of the machine", () => {
    const path = [
      "connect",
      "acquire",
      "release",
      "validate",
      "acquire",
      "discard: query in flight",
      "connect",
    ];
    expect(follow(...path).filter(Boolean)).toEqual([]);
  });

  it.each([
    [["acquire"]],
    [["connect", "acquire", "connect", "connect"]],
    [["connect", "acquire", "acquire"]],
    [["connect", "acquire", "discard: unusable", "release"]],
    [["connect", "acquire", "release", "release"]],
    [["connect", "acquire", "release", "discard: query in flight"]],
  ])("are none after %j", (names) => {
    const results = follow(...names);
    expect(results.at(-1)).toMatch(/is no transition from/);
    expect(results.slice(0, -1).filter(Boolean)).toEqual([]);
  });
});
