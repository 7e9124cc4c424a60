import { expect, test } from "vitest";
import { isLongStatement } from "./effects.js";

test.each([
  ["a", 16_384, false],
  ["a", 16_385, true],
  ["a", 6000, false],
  ["é", 8192, false],
  ["é", 8193, true],
  ["€", 5461, false],
  ["€", 5462, true],
])("a text pins if it has more than 16 KB: %s, %d times", (character, count, isLong) => {
  expect(isLongStatement(character.repeat(count))).toBe(isLong);
});
