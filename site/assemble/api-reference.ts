import { execFile } from "node:child_process";
import { glob, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import GithubSlugger from "github-slugger";
import { toString as textOf } from "mdast-util-to-string";
import { visit } from "unist-util-visit";
import type { Section } from "./guides.js";
import { parsePage } from "./markdown.js";
import { GENERATED } from "./output.js";
import { ROOT } from "./repository.js";

/** Writes the reference of all exports as pages, one for each entry of a package. */
export async function writeApiReference(): Promise<Section> {
  const folder = join(ROOT, "docs", "api-reference");
  const out = join(GENERATED, "pages", "api");
  const typedoc = join(folder, "node_modules", "typedoc", "bin", "typedoc");
  const flags = ["--out", out, "--entryFileName", "index", "--hidePageHeader", "--hideBreadcrumbs"];
  await promisify(execFile)(process.execPath, [typedoc, ...flags], { cwd: folder });
  const pages = await Array.fromAsync(glob("**/*.md", { cwd: out }));
  for (const page of pages) {
    const file = join(out, page);
    await writeFile(file, withoutDoubleAnchors(page, await readFile(file, "utf8")));
  }
  return {
    title: "API",
    pages: pages
      .sort()
      .filter((page) => page !== "index.md")
      .map((page) => ({ title: page.replace(/(?:\/index)?\.md$/, ""), source: `api/${page}` })),
  };
}

/** Leaves out anchors before a heading that has the same one by its text. */
function withoutDoubleAnchors(path: string, text: string): string {
  const slugger = new GithubSlugger();
  const anchors = new Set<string>();
  visit(parsePage(path, text).tree, "heading", (heading) => {
    anchors.add(slugger.slug(textOf(heading)));
  });
  return text.replaceAll(/^<a id="([^"]+)"><\/a>\n/gm, (anchor, id: string) =>
    anchors.has(id) ? "" : anchor,
  );
}
