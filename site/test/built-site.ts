import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DIST } from "../serve.js";

/** A page of the built site. */
export interface BuiltPage {
  /** Its file below the site's folder, such as `docs/errors.html`. */
  readonly path: string;
  readonly html: string;
}

export async function readBuiltPages(): Promise<readonly BuiltPage[]> {
  const paths = await Array.fromAsync(glob("**/*.html", { cwd: DIST }));
  if (paths.length === 0) throw new Error("The site is not built: run `npm run site`.");
  return Promise.all(
    paths.sort().map(async (path) => ({ path, html: await readFile(join(DIST, path), "utf8") })),
  );
}

/** The values of an attribute, decoded. */
export function attributes(html: string, name: string): readonly string[] {
  return [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value = ""]) =>
    value
      .replaceAll("&quot;", '"')
      .replaceAll("&#39;", "'")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&"),
  );
}
