import { expect, test } from "vitest";
import { parsePage } from "./markdown.js";
import { rewritePage } from "./rewrite-page.js";

const targets = {
  repositoryUrl: "https://github.com/owner/name",
  sources: new Set(["docs/errors.md", "packages/core/README.md"]),
  pageUrl: (page: string) => `/${page}`,
};

function rewritten(text: string, pictures: "charts" | "images" = "charts"): string {
  return rewritePage(parsePage("docs/pinning.md", text), targets, pictures);
}

test.each([
  ["[a](errors.md#codes)", "[a](/docs/errors.md#codes)"],
  ["[a](../packages/core/README.md)", "[a](/packages/core/index.md)"],
  ["[a](../README.md#install)", "[a](/index.md#install)"],
  ["[a](../test/fidelity)", "[a](https://github.com/owner/name/tree/main/test/fidelity)"],
  ["[a](../biome.json#L3)", "[a](https://github.com/owner/name/blob/main/biome.json#L3)"],
  ["| [`a`](errors.md) | [b](errors.md) |", "| [`a`](/docs/errors.md) | [b](/docs/errors.md) |"],
  [
    "[a](#codes) <https://example.com> [b](https://example.com)",
    "[a](#codes) <https://example.com> [b](https://example.com)",
  ],
  ["`[a](errors.md)`\n\n```md\n[a](nothing.md)\n```", "`[a](errors.md)`\n\n```md\n[a](nothing.md)\n```"],
  ["![Warm](benchmarks/warm.svg)", '<MeasuredChart name="warm" />'],
  ["![Storm](storm/mysql.svg)", '<StormCharts engine="mysql" />'],
])("%s becomes %s", (text, expected) => {
  expect(rewritten(text)).toBe(expected);
});

test("as text, a picture stays one, and may be a link", () => {
  expect(rewritten("[![Storm](storm/mysql.svg)](errors.md)", "images")).toBe(
    "[![Storm](https://github.com/owner/name/raw/main/docs/storm/mysql.svg)](/docs/errors.md)",
  );
});

test("a link to nothing, and a picture without a chart, are refused", () => {
  expect(() => rewritten("[a](nothing.md)")).toThrow("docs/pinning.md: the link nothing.md leads to no file");
  expect(() => rewritten("![a](picture.svg)")).toThrow("no chart for the picture picture.svg");
});
