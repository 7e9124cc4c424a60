import { expect, test } from "vitest";
import { RecentEntries } from "./recent-entries.js";

test("keeps the latest entries in order", () => {
  const entries = new RecentEntries<number>(1000);
  for (let entry = 1; entry <= 2500; entry++) entries.add(entry);
  expect(entries.latest()).toEqual(Array.from({ length: 1000 }, (_, index) => 1501 + index));
});
