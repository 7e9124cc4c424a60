import { expect, test, vi } from "vitest";
import { rememberEffects } from "./remembered-effects.js";

test("reads a short text once for each reading of backslashes", () => {
  const find = vi.fn((text: string) => (text === "set a = 1" ? (["set"] as const) : []));
  const effects = rememberEffects(find);
  expect([effects("set a = 1", true), effects("set a = 1", true), effects("set a = 1", false)]).toEqual([
    ["set"],
    ["set"],
    ["set"],
  ]);
  expect(find.mock.calls).toEqual([
    ["set a = 1", true],
    ["set a = 1", false],
  ]);
});

test("the cache has a limit when all texts differ", () => {
  const find = vi.fn(() => []);
  const effects = rememberEffects(find);
  effects("select 0", true);
  for (let index = 1; index < 1000; index++) effects(`select ${index}`, true);
  effects("select 0", true);
  expect(find).toHaveBeenCalledTimes(1001);
});

test("long texts are read each time", () => {
  const find = vi.fn(() => []);
  const effects = rememberEffects(find);
  const long = "x".repeat(5000);
  effects(long, true);
  effects(long, true);
  expect(find).toHaveBeenCalledTimes(2);
});
