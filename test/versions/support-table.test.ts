import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { withSupportTable } from "./support-table.js";

test("the README has the versions of the matrix and of the manifests; npm run docs:versions writes them", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  expect(readme).toBe(withSupportTable(readme));
});

test("a page without the place for the table is refused", () => {
  expect(() => withSupportTable("# A page\n")).toThrow(/^expected <!-- From the matrix .* in the page$/s);
});
