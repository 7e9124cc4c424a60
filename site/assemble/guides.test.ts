import { expect, test } from "vitest";
import { guideSections } from "./guides.js";
import { parsePage } from "./markdown.js";

const index = parsePage(
  "docs/README.md",
  "# Guides\n\n## Start\n\n- [First](first.md): what it *does*\n- Not a page: [npm](https://npmjs.com)\n\n## Proof\n\n- [A storm](storm/README.md#part), and [more](first.md)\n",
);

test("a section has the first link of each list item, with the text behind it", () => {
  expect(guideSections(index, ["docs/README.md", "docs/first.md", "docs/storm/README.md"])).toEqual([
    { title: "Start", pages: [{ title: "First", source: "docs/first.md", summary: "what it does" }] },
    { title: "Proof", pages: [{ title: "A storm", source: "docs/storm/README.md", summary: "and more" }] },
  ]);
});

test("a page that is in no section is refused by name, with the remedy", () => {
  expect(() => guideSections(index, ["docs/first.md", "docs/storm/README.md", "docs/new.md"])).toThrow(
    "docs/new.md: in no section of the site. Add each as a list item under one of the headings of docs/README.md.",
  );
});
