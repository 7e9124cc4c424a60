import { findPages } from "../../test/docs/pages.js";

/** The root's README, whose sections are on the landing page. */
export const README = "README.md";

/** Paths in the repository of the Markdown files that are pages of the site, sorted. */
export async function findSources(): Promise<readonly string[]> {
  return (await findPages()).filter((page) => page !== README);
}

/** The page of a source: a folder's README is its index. */
export function pageOf(source: string): string {
  return source.replace(/(^|\/)README\.md$/, "$1index.md");
}
