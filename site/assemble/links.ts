import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { ROOT } from "./repository.js";
import { pageOf, README } from "./sources.js";

/** What links may lead to. */
export interface LinkTargets {
  /** Without a slash at the end. */
  readonly repositoryUrl: string;
  /** Sources of pages. */
  readonly sources: ReadonlySet<string>;
  /** The address of a page by its path, such as `docs/errors.md`. */
  pageUrl(page: string): string;
}

/**
 * The address of a link in `source`, as it works on GitHub: a page stays on the site, any other file or folder of the
 * repository is shown by GitHub.
 *
 * @throws if the link leads to no file
 */
export function siteLink(source: string, url: string, targets: LinkTargets): string {
  if (/^(?:[a-z]+:|#|\/)/.test(url)) return url;
  const [path = "", hash] = url.split("#");
  const target = posix.join(posix.dirname(source), path);
  const anchor = hash === undefined ? "" : `#${hash}`;
  if (target === README || targets.sources.has(target)) return targets.pageUrl(pageOf(target)) + anchor;
  if (!existsSync(join(ROOT, target))) throw new Error(`${source}: the link ${url} leads to no file`);
  const kind = statSync(join(ROOT, target)).isDirectory() ? "tree" : "blob";
  return `${targets.repositoryUrl}/${kind}/main/${target.replace(/\/$/, "")}${anchor}`;
}
