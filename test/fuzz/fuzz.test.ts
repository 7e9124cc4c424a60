import { describe, expect, test } from "vitest";
import { readCorpus, readCrashes } from "./corpus.js";
import { startCoverage } from "./coverage.js";
import { Crash } from "./crash.js";
import { fuzz, run } from "./fuzz.js";
import { checkGrowth } from "./growth.js";
import { createRandom } from "./random.js";
import type { Target } from "./target.js";

const coverage = await startCoverage();
// Compiled under coverage.
const { targets } = await import("./targets.js");

/** Which is enough to tell quadratic time from linear time. */
const LENGTHS = { short: 256, long: 4096 };
/** For inputs of which it is known that they once took too long. */
const LONG_LENGTHS = { short: 2048, long: 32_768 };
const INPUTS_MADE_LONG = 2;

describe.each(targets)("$name", (target) => {
  test("copes with the saved inputs and mutations of them", async () => {
    const saved = readCorpus(target.name);
    expect(saved).not.toEqual([]);
    const { runs } = await fuzz(target, coverage, createRandom(1), saved, (count) => count < 128);
    expect(runs).toBeGreaterThan(0);
  });

  if (!target.isLinear) return;
  test("takes steps in proportion to the length", async () => {
    const random = createRandom(1);
    const inputs = [...target.seeds, ...readCorpus(target.name)];
    for (let count = 0; count < INPUTS_MADE_LONG; count++) {
      const input = inputs[random(inputs.length)];
      if (input) await checkGrowth(target, input, coverage, random, LENGTHS);
    }
  });
});

test.each(readCrashes())("$target no longer breaks: $name", async ({ target: name, input }) => {
  const target = targets.find((each) => each.name === name);
  if (!target) throw new Error(`there is no target ${name}`);
  await run(target, input);
  if (target.isLinear) await checkGrowth(target, input, coverage, createRandom(1), LONG_LENGTHS);
});

describe("the fuzzer", () => {
  const fragile: Target = {
    name: "fragile",
    covers: ["/test/fuzz/"],
    isLinear: true,
    seeds: [Buffer.from("abc")],
    feed(input) {
      if (input.includes("cc")) throw new Error("two of them");
    },
  };

  test("finds an input that breaks its target, and shortens it", async () => {
    const broken = await fuzz(fragile, coverage, createRandom(1), fragile.seeds, () => true).catch(
      (error: unknown) => error,
    );
    if (!(broken instanceof Crash)) throw new Error(`no crash but ${broken}`);
    expect(broken.input.toString()).toBe("cc");
    expect(broken.message).toBe('fragile broke at the input "cc" (latin1): Error: two of them');
  });

  test("finds inputs that reach new code", async () => {
    const [target] = targets;
    if (!target) throw new Error("no targets");
    const { inputs } = await fuzz(target, coverage, createRandom(1), target.seeds, (runs) => runs < 400);
    expect(inputs.length).toBeGreaterThan(target.seeds.length);
  });

  test.each([
    [
      "loops over all for each",
      (text: string) => {
        for (const one of text) for (const other of text) if (one < other) continue;
      },
    ],
    [
      "searches to the end for each",
      (text: string) => {
        for (let at = 0; at < text.length; at++) text.indexOf("\0", at);
      },
    ],
  ])("finds code that %s", async (_, read) => {
    const target = { ...fragile, feed: (input: Buffer) => read(input.toString()) };
    const checked = checkGrowth(target, Buffer.from("abc"), coverage, createRandom(1), LENGTHS);
    await expect(checked).rejects.toThrow(/steps for 4\d+ bytes/);
  });
});
