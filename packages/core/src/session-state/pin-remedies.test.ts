import { expect, it } from "vitest";
import { PIN_REMEDIES } from "./pin-remedies.js";

it.each(Object.entries(PIN_REMEDIES))("%s has a remedy of whole sentences", (_, remedy) => {
  expect(remedy).toMatch(/^[A-Z].{9,}\.$/);
  expect(remedy).not.toMatch(/\s$| {2}|: $/);
});
