import { expect, inject, test } from "vitest";

test.each(Object.entries(inject("aliases")))("%s is %s here", async (name, alias) => {
  // One module under both names, or the suite beside this file shows nothing about the older version.
  expect(await import(/* @vite-ignore */ name)).toBe(await import(/* @vite-ignore */ alias));
});
