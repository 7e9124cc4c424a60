import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, readRepository } from "../assemble/repository.js";
import { DIST } from "../serve.js";
import { attributes, readBuiltPages } from "./built-site.js";

const pages = await readBuiltPages();
const { base, siteUrl } = await readRepository();
const anchors = new Map(pages.map(({ path, html }) => [path, new Set(attributes(html, "id"))]));

/** Why a link of a page leads nowhere; undefined if it does not, or leaves the site. */
function problemOf(page: string, link: string): string | undefined {
  const url = new URL(link, `https://site.test${base}${page}`);
  if (url.host !== "site.test") return undefined;
  if (!url.pathname.startsWith(base)) return `${link}: outside of ${base}`;
  const path = decodeURIComponent(url.pathname.slice(base.length));
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  if (!existsSync(join(DIST, file))) return `${link}: no ${file}`;
  const anchor = decodeURIComponent(url.hash.slice(1));
  if (anchor === "" || anchors.get(file)?.has(anchor)) return undefined;
  return `${link}: no such anchor in ${file}`;
}

test.each(pages)("every link and anchor of $path resolves", ({ path, html }) => {
  const links = [...attributes(html, "href"), ...attributes(html, "src")];
  expect(links.map((link) => problemOf(path, link)).filter((problem) => problem !== undefined)).toEqual([]);
});

test("a missing page and a missing anchor are found", () => {
  expect(problemOf("docs/errors.html", "./nothing.html")).toMatch("no docs/nothing.html");
  expect(problemOf("docs/errors.html", "./pinning.html#nothing")).toMatch("no such anchor");
  expect(problemOf("docs/errors.html", "./pinning.html#postgresql")).toBeUndefined();
});

test("nothing is loaded from elsewhere", () => {
  const loaded = pages.flatMap(({ html }) =>
    [
      ...html.matchAll(/<(?:script|img|iframe|link rel="(?:stylesheet|preload|modulepreload|icon)")[^>]*>/g),
    ].flatMap(([tag]) => [...attributes(tag, "src"), ...attributes(tag, "href")]),
  );
  expect(loaded.length).toBeGreaterThan(0);
  expect(loaded.filter((url) => !url.startsWith(base) && !url.startsWith("data:"))).toEqual([]);
});

test("the README leads to the address that package.json gives the site", async () => {
  expect(await readFile(join(ROOT, "README.md"), "utf8")).toContain(`(${siteUrl}/)`);
});

test("llms.txt lists pages that exist, and llms-full.txt has each of them", async () => {
  const list = await readFile(join(DIST, "llms.txt"), "utf8");
  const full = await readFile(join(DIST, "llms-full.txt"), "utf8");
  const listed = [...list.matchAll(/\]\((.*?\.md)\)/g)].map(([, url = ""]) => url);
  expect(listed.length).toBeGreaterThan(30);
  for (const url of listed) {
    expect(url.startsWith(`${siteUrl}/`)).toBe(true);
    const text = await readFile(join(DIST, url.slice(siteUrl.length + 1)), "utf8");
    expect(full).toContain(text.trim());
  }
});
