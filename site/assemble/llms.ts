import type { Section } from "./guides.js";
import { type Page, summaryOf, titleOf } from "./markdown.js";
import { pageOf } from "./sources.js";

/** The list of all pages for language models, in the form of https://llmstxt.org. */
export function renderLlms(
  readme: Page,
  pages: ReadonlyMap<string, Page>,
  sections: readonly Section[],
  siteUrl: string,
): string {
  const lists = sections.map(({ title, pages: listed }) => {
    const lines = listed.map(({ title: name, source, summary }) => {
      const page = pages.get(source);
      const text = summary || (page && summaryOf(page));
      return `- [${name}](${siteUrl}/${pageOf(source)})${text ? `: ${text}` : ""}`;
    });
    return `## ${title}\n\n${lines.join("\n")}\n`;
  });
  return `# ${titleOf(readme)}\n\n> ${summaryOf(readme)}\n\nAll pages in one file: ${siteUrl}/llms-full.txt\n\n${lists.join("\n")}`;
}

/** All pages, one after the other, each below its address. */
export function renderLlmsFull(
  pages: ReadonlyMap<string, Page>,
  sections: readonly Section[],
  siteUrl: string,
): string {
  const order = sections.flatMap(({ pages: listed }) => listed.map(({ source }) => source));
  return order
    .map((source) => `<!-- ${siteUrl}/${pageOf(source)} -->\n\n${pages.get(source)?.text.trim() ?? ""}\n`)
    .join("\n");
}
