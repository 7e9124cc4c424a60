// Writes the site's pages, as Markdown for VitePress, into `generated`: from docs, the READMEs and the sources' types.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeApiReference } from "./api-reference.js";
import { errorCodes, errorTexts } from "./error-tables.js";
import { guideSections, type Section } from "./guides.js";
import { renderLanding } from "./landing.js";
import { renderLlms, renderLlmsFull } from "./llms.js";
import { type Page, parsePage, titleOf } from "./markdown.js";
import { GENERATED, writeGenerated } from "./output.js";
import { ROOT, readRepository } from "./repository.js";
import { rewritePage } from "./rewrite-page.js";
import { findSources, pageOf, README } from "./sources.js";

await rm(GENERATED, { recursive: true, force: true });
const repository = await readRepository();
const sources = await findSources();
const readPage = async (path: string): Promise<Page> =>
  parsePage(path, await readFile(join(ROOT, path), "utf8"));
const readme = await readPage(README);
const pages = new Map<string, Page>();
for (const source of sources) pages.set(source, await readPage(source));
const pageAt = (source: string): Page => {
  const page = pages.get(source);
  if (!page) throw new Error(`${source} is not a page of the site`);
  return page;
};

const targets = { repositoryUrl: repository.url, sources: new Set(sources) };
const onSite = { ...targets, pageUrl: (page: string) => `/${page}` };
const asText = { ...targets, pageUrl: (page: string) => `${repository.siteUrl}/${page}` };

for (const [source, page] of pages) {
  await writeGenerated(`pages/${pageOf(source)}`, rewritePage(page, onSite, "charts"));
}
const landing = renderLanding(
  parsePage(readme.path, rewritePage(readme, onSite, "images")),
  parsePage("docs/tested-with.md", rewritePage(pageAt("docs/tested-with.md"), onSite, "images")),
  repository.url,
);
await writeGenerated("pages/index.md", landing);
await writeGenerated(
  "pages/error-lookup.md",
  "# Find an error by its text\n\nPaste an error or a log line. It stays in your browser.\n\n<ErrorLookup />\n",
);
await writeGenerated("error-codes.json", JSON.stringify(errorCodes(pageAt("docs/errors.md"))));
await writeGenerated("error-texts.json", JSON.stringify(errorTexts(pageAt("docs/troubleshooting.md"))));

const packages: Section = {
  title: "Packages",
  pages: sources
    .filter((source) => source.startsWith("packages/"))
    .map((source) => ({ title: titleOf(pageAt(source)), source })),
};
const api = await writeApiReference();
const guides = guideSections(pageAt("docs/README.md"), sources);
await writeGenerated("sections.json", JSON.stringify({ guides, packages, api }));

// Each page as Markdown beside its HTML, with addresses that work anywhere.
const texts = new Map<string, Page>();
for (const [source, page] of pages) {
  const text = rewritePage(page, asText, "images");
  texts.set(source, parsePage(source, text));
  await writeGenerated(`pages/public/${pageOf(source)}`, text);
}
const sections = [...guides, packages];
const llms = renderLlms(readme, texts, sections, repository.siteUrl);
await writeGenerated("pages/public/llms.txt", llms);
await writeGenerated("pages/public/llms-full.txt", renderLlmsFull(texts, sections, repository.siteUrl));
