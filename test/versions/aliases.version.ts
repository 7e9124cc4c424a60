import { expect, inject, test } from "vitest";

test.each(Object.entries(inject("aliases")))("%s is %s here", async (name, alias) => {
  // Without one module under both names the suite would test the newest version again.
  expect(await import(/* @vite-ignore */ name)).toBe(await import(/* @vite-ignore */ alias));
});
