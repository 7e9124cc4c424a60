import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The root folder of the repository. */
export const ROOT: string = join(import.meta.dirname, "..", "..");

/** Where the repository and its site are on the web. */
export interface Repository {
  /** Without a slash at the end. */
  readonly url: string;
  /** The site's address on GitHub Pages, without a slash at the end. */
  readonly siteUrl: string;
  /** The path of `siteUrl`, with a slash at both ends. */
  readonly base: string;
}

/** Reads both addresses from `repository` in the root's package.json, the one place that has them. */
export async function readRepository(): Promise<Repository> {
  const { repository } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  return parseRepository(typeof repository === "string" ? repository : repository?.url);
}

/** Accepts the forms that npm does: `github:owner/name`, and GitHub's address with or without `git+` and `.git`. */
export function parseRepository(repository: unknown): Repository {
  const [, owner, name] =
    /^(?:github:|(?:git\+)?https:\/\/github\.com\/)([\w.-]+)\/([\w.-]+?)(?:\.git)?$/.exec(
      String(repository),
    ) ?? [];
  if (!owner || !name) {
    throw new Error(
      `package.json: expected \`repository\` to name a repository on GitHub, such as "github:owner/name", received ${JSON.stringify(repository)}.`,
    );
  }
  return {
    url: `https://github.com/${owner}/${name}`,
    siteUrl: `https://${owner.toLowerCase()}.github.io/${name}`,
    base: `/${name}/`,
  };
}
