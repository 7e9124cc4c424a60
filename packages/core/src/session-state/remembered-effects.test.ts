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

test("200 texts are remembered at most", () => {
  const find = vi.fn(() => []);
  const effects = rememberEffects(find);
  for (let index = 0; index < 200; index++) effects(`select ${index}`, true);
  effects("select 0", true);
  expect(find).toHaveBeenCalledTimes(200);
  effects("select 200", true);
  effects("select 0", true);
  expect(find).toHaveBeenCalledTimes(202);
});

test("long texts are read each time", () => {
  const find = vi.fn(() => []);
  const effects = rememberEffects(find);
  for (const length of [4096, 4096, 4097, 4097]) effects("x".repeat(length), true);
  expect(find).toHaveBeenCalledTimes(3);
});
