import { expect, test } from "vitest";
import { startCoverage } from "./coverage.js";
import { Crash, fuzz } from "./fuzz.js";
import { createRandom } from "./random.js";

const coverage = await startCoverage();
const { targets } = await import("./targets.js");

test.each(targets)("$name copes with every input that reaches new code", async (target) => {
  const found = await fuzz(target, coverage, createRandom(1), (runs) => runs < 400);
  expect(found.corpus.length).toBeGreaterThan(target.seeds.length);
});

test("reports an input that breaks its target", async () => {
  const target = {
    name: "fragile",
    seeds: [Buffer.from("abc")],
    feed(input: Buffer): void {
      if (input.includes("cc")) throw new Error("two of them");
    },
  };
  await expect(fuzz(target, coverage, createRandom(1), () => true)).rejects.toThrow(Crash);
});
