import { expect, it } from "vitest";
import { settingsOf } from "./pg-internals.js";

it("an object has the settings of a query; anything else has none", () => {
  const settings = { text: "select 1" };
  expect(settingsOf(settings)).toBe(settings);
  for (const query of ["select 1", 1, undefined, null]) expect(settingsOf(query)).toBeUndefined();
});
