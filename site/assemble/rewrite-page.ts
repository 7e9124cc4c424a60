import { posix } from "node:path";
import { chartOf } from "../charts/chart-of.js";
import { type LinkTargets, siteLink } from "./links.js";
import { type Page, withLinks } from "./markdown.js";

/**
 * A page's Markdown for the site.
 *
 * @param pictures whether a plot becomes the interactive chart of the same figures, or stays a picture in the repository
 * @throws for a picture that has no chart
 */
export function rewritePage(page: Page, targets: LinkTargets, pictures: "charts" | "images"): string {
  return withLinks(page, {
    link: (url) => siteLink(page.path, url, targets),
    image: (url, alt) => {
      const path = posix.join(posix.dirname(page.path), url);
      if (pictures === "images") return `![${alt}](${targets.repositoryUrl}/raw/main/${path})`;
      const chart = chartOf(path);
      if (!chart)
        throw new Error(`${page.path}: no chart for the picture ${url}; see site/charts/chart-of.ts`);
      return chart;
    },
  });
}
