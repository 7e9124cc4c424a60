import { describe, expect, it } from "vitest";
import { compareOutcomes, countOutcomes } from "./compare.js";
import type { TestOutcome } from "./suite.js";

const passed = (name: string): TestOutcome => ({ name, state: "passed" });
const failed = (name: string, message = "no"): TestOutcome => ({ name, state: "failed", message });

describe("two runs of a suite", () => {
  it("differ by the tests that ended in another way, or did not run", () => {
    const bare = [passed("a"), passed("b"), failed("c", "known"), passed("d")];
    const ours = [passed("a"), failed("b", "broken"), failed("c", "otherwise"), passed("e")];
    expect(compareOutcomes(bare, ours)).toEqual([
      { name: "b", bare: "passed", ours: "failed", message: "broken" },
      { name: "d", bare: "passed", ours: "missing", message: undefined },
      { name: "e", bare: "missing", ours: "passed", message: undefined },
    ]);
  });

  it("pair tests of one name in their order", () => {
    expect(compareOutcomes([passed("a"), failed("a")], [passed("a"), passed("a")])).toEqual([
      { name: "a (2)", bare: "failed", ours: "passed", message: "no" },
    ]);
  });

  it("are counted by state", () => {
    expect(countOutcomes([passed("a"), failed("b"), { name: "c", state: "skipped" }, passed("d")])).toEqual({
      passed: 2,
      failed: 1,
      skipped: 1,
    });
  });
});
