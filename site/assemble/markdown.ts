import type { Link, Nodes, Root, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { toString as textOf } from "mdast-util-to-string";
import { gfm } from "micromark-extension-gfm";
import { visit } from "unist-util-visit";

/** A parsed page, whose nodes know their place in `text`. */
export interface Page {
  /** The path of its file in the repository. */
  readonly path: string;
  readonly text: string;
  readonly tree: Root;
}

export function parsePage(path: string, text: string): Page {
  return {
    path,
    text,
    tree: fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }),
  };
}

/** The text of the page's first heading. */
export function titleOf(page: Page): string {
  const heading = page.tree.children.find((node) => node.type === "heading");
  if (!heading) throw new Error(`${page.path} has no heading`);
  return textOf(heading);
}

/** The first sentence of the page's first paragraph, as plain text. */
export function summaryOf(page: Page): string {
  const paragraph = page.tree.children.find((node) => node.type === "paragraph");
  const text = paragraph ? textOf(paragraph).replaceAll(/\s+/g, " ") : "";
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, ".") ?? text;
}

/** The nodes below a heading, up to the next one of the same or a higher level. */
export function sectionOf(page: Page, title: string): readonly RootContent[] {
  const nodes = page.tree.children;
  const start = nodes.findIndex((node) => node.type === "heading" && textOf(node) === title);
  const heading = nodes[start];
  if (heading?.type !== "heading") throw new Error(`${page.path}: no heading "${title}"`);
  const after = nodes.slice(start + 1);
  const end = after.findIndex((node) => node.type === "heading" && node.depth <= heading.depth);
  return end < 0 ? after : after.slice(0, end);
}

/** The Markdown of nodes that follow each other. */
export function sourceOf(page: Page, nodes: readonly Nodes[]): string {
  const [first] = nodes;
  const last = nodes.at(-1);
  if (!first || !last) throw new Error(`${page.path}: an empty part`);
  return page.text.slice(placeOf(page, first).from, placeOf(page, last).to);
}

/** How links and images are rewritten. */
export interface Rewriting {
  /** The new address of a link. */
  link(url: string): string;
  /** The Markdown or HTML in place of an image. */
  image(url: string, alt: string): string;
}

/** The page's Markdown with other links and images. */
export function withLinks(page: Page, rewriting: Rewriting): string {
  const edits: Edit[] = [];
  visit(page.tree, (node) => {
    if (node.type === "definition") throw new Error(`${page.path}: write links inline, not as [references]`);
    if (node.type === "link") {
      const url = rewriting.link(node.url);
      if (url !== node.url) edits.push({ ...placeOfUrl(page, node), text: url });
    }
    if (node.type === "image")
      edits.push({ ...placeOf(page, node), text: rewriting.image(node.url, node.alt ?? "") });
  });
  let { text } = page;
  // From the end, so that the places of the others stay right.
  for (const edit of edits.toSorted((one, other) => other.from - one.from)) {
    text = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
  }
  return text;
}

interface Place {
  readonly from: number;
  readonly to: number;
}

interface Edit extends Place {
  readonly text: string;
}

function placeOf({ path }: Page, { type, position }: Nodes): Place {
  const from = position?.start.offset;
  const to = position?.end.offset;
  if (from === undefined || to === undefined) throw new Error(`${path}: a ${type} without a place`);
  return { from, to };
}

function placeOfUrl(page: Page, link: Link): Place {
  const { from, to } = placeOf(page, link);
  const source = page.text.slice(from, to);
  const at = source.lastIndexOf(`](${link.url}`);
  if (at < 0) throw new Error(`${page.path}: cannot find the address of the link ${source}`);
  const start = from + at + 2;
  return { from: start, to: start + link.url.length };
}
