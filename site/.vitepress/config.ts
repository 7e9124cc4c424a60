import { readFileSync } from "node:fs";
import { join } from "node:path";
import { slug } from "github-slugger";
import { type DefaultTheme, defineConfig } from "vitepress";
import type { Section } from "../assemble/guides.js";
import { GENERATED } from "../assemble/output.js";
import { readRepository } from "../assemble/repository.js";
import { pageOf } from "../assemble/sources.js";
import { boostDocument, tokenize } from "../search-options.js";

const repository = await readRepository();
const { guides, packages, api }: { guides: Section[]; packages: Section; api: Section } = JSON.parse(
  readFileSync(join(GENERATED, "sections.json"), "utf8"),
);

const icon =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='%230969da'/>" +
  "<path d='M5 16h8m6 0h8M13 9v14m6-14v14' stroke='white' stroke-width='3' stroke-linecap='round'/></svg>";

function linkOf(source: string): string {
  return `/${pageOf(source).replace(/(?:index)?\.md$/, "")}`;
}

function group({ title, pages }: Section): DefaultTheme.SidebarItem {
  return { text: title, items: pages.map((page) => ({ text: page.title, link: linkOf(page.source) })) };
}

const reference: DefaultTheme.SidebarItem = {
  text: "Reference",
  items: [
    { text: "Find an error by its text", link: "/error-lookup" },
    { text: "Packages", link: "/packages/middleware/" },
    { text: "API", link: "/api/" },
  ],
};

export default defineConfig({
  base: repository.base,
  lang: "en",
  title: "rds-proxy",
  description: "Warm, IAM-authenticated, TLS-verified Amazon RDS Proxy connections for AWS Lambda",
  srcDir: "generated/pages",
  srcExclude: ["public/**"],
  outDir: "dist",
  cacheDir: "node_modules/.cache/vitepress",
  sitemap: { hostname: `${repository.siteUrl}/` },
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${icon}` }]],
  // Anchors as GitHub makes them, for links that work in both places.
  markdown: {
    anchor: { slugify: slug },
    // The defaults have too little contrast.
    theme: { light: "github-light-high-contrast", dark: "github-dark-default" },
  },
  themeConfig: {
    nav: [
      { text: "Start", link: "/docs/quick-start" },
      { text: "Guides", link: "/docs/" },
      { text: "Errors", link: "/error-lookup" },
      { text: "API", link: "/api/" },
      { text: "Benchmarks", link: "/docs/benchmarks/" },
    ],
    // None of the groups collapses: the theme would nest one button in another.
    sidebar: {
      "/": [...guides.map(group), reference],
      "/packages/": [group(packages), reference],
      "/api/": [group(api), reference],
    },
    outline: [2, 3],
    // The label for screen readers has to contain the visible one.
    notFound: { linkLabel: "Take me home" },
    socialLinks: [{ icon: "github", link: repository.url }],
    search: {
      provider: "local",
      options: { miniSearch: { options: { tokenize }, searchOptions: { boostDocument } } },
    },
    footer: { message: "MIT licensed. AWS has not reviewed this project." },
  },
});
