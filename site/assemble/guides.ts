import { posix } from "node:path";
import type { Link, Nodes } from "mdast";
import { toString as textOf } from "mdast-util-to-string";
import { visit } from "unist-util-visit";
import type { Page } from "./markdown.js";

/** A group of the sidebar. */
export interface Section {
  readonly title: string;
  readonly pages: readonly SectionPage[];
}

interface SectionPage {
  /** The link's text. */
  readonly title: string;
  readonly source: string;
  /** The text behind the link. */
  readonly summary?: string;
}

/**
 * The sections of docs/README.md, which orders the guides: each heading with the first link of each list item below it.
 *
 * @throws if a source below docs is in none of them
 */
export function guideSections(index: Page, sources: readonly string[]): readonly Section[] {
  const sections: { readonly title: string; readonly pages: SectionPage[] }[] = [];
  for (const node of index.tree.children) {
    if (node.type === "heading" && node.depth === 2) sections.push({ title: textOf(node), pages: [] });
    if (node.type !== "list") continue;
    for (const item of node.children) {
      const link = firstLink(item);
      const source = link && posix.join(posix.dirname(index.path), link.url.split("#")[0] ?? "");
      if (!source || !sources.includes(source)) continue;
      const title = textOf(link);
      const summary = textOf(item).replaceAll(/\s+/g, " ").slice(title.length).replace(/^\W+/, "");
      sections.at(-1)?.pages.push({ title, source, summary });
    }
  }
  const listed = new Set(sections.flatMap(({ pages }) => pages.map(({ source }) => source)));
  const missing = sources.filter(
    (source) => source.startsWith("docs/") && source !== index.path && !listed.has(source),
  );
  if (missing.length > 0) {
    throw new Error(
      `${missing.join(", ")}: in no section of the site. Add each as a list item under one of the headings of ${index.path}.`,
    );
  }
  return sections;
}

function firstLink(node: Nodes): Link | undefined {
  let found: Link | undefined;
  visit(node, "link", (link) => {
    found ??= link;
  });
  return found;
}
