import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repositoryFields, repositoryUrl } from "./repository-fields.js";

const root = new URL("../../", import.meta.url);
const { stdout } = await promisify(execFile)("git", ["ls-files"], { cwd: root });
const files = stdout.trimEnd().split("\n");
/** What a link may lead to: files and folders. */
const paths = new Set(
  files.flatMap((file) => file.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"))),
);
const pages = files.filter((path) => path.endsWith(".md") && !path.startsWith(".changeset/"));
const readmes = pages.filter((path) => /^packages\/[^/]+\/README\.md$/.test(path));

test.each(pages)(
  "each link of %s within the repository leads to what exists, down to the heading",
  async (page) => {
    for (const target of await relativeLinks(page)) {
      const { pathname, hash } = new URL(target, `https://repository/${page}`);
      const path = decodeURIComponent(pathname.slice(1));
      expect(paths, `${target} in ${page}`).toContain(path);
      if (hash && path.endsWith(".md"))
        expect(await anchorsOf(path), `${target} in ${page}`).toContain(hash.slice(1));
    }
  },
);

test.each(readmes)("npm resolves each relative link of %s to a file of the repository", async (page) => {
  const [, folder = ""] = page.split("/");
  const { repository } = repositoryFields(folder);
  const shown = `${repositoryUrl}/blob/HEAD/`;
  for (const target of await relativeLinks(page)) {
    const { href } = new URL(target, `${shown}${repository.directory}/`);
    expect(href.startsWith(shown), `${target} in ${page}`).toBe(true);
    expect(paths, `${target} in ${page}`).toContain(href.slice(shown.length).replace(/\/?(?:#.*)?$/, ""));
  }
});

/** The targets of links and images that are not addresses of their own, outside code. */
async function relativeLinks(page: string): Promise<readonly string[]> {
  const text = (await readFile(new URL(page, root), "utf8"))
    .replaceAll(/^```.*?^```$/gms, "")
    .replaceAll(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) =>
    /^\w+:/.test(target) ? [] : target,
  );
}

/** The anchors that GitHub and npm give to a page's headings. */
async function anchorsOf(page: string): Promise<ReadonlySet<string>> {
  const text = (await readFile(new URL(page, root), "utf8")).replaceAll(/^```.*?^```$/gms, "");
  const seen = new Map<string, number>();
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(headings);
}
