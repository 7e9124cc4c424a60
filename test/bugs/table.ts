import { basename } from "node:path";
import type { Bug } from "./bug.js";

const BEGIN = "<!-- Written by `npm run test:bugs -- --write`. -->\n";

/** The README with the table of all bugs in place of the one that it has. */
export function withTable(readme: string, bugs: readonly Bug[]): string {
  const [before = "", ...rest] = readme.split(BEGIN);
  if (rest.length !== 1) throw new Error(`expected one line ${BEGIN.trim()}`);
  return `${before}${BEGIN}\n${tableOf(bugs)}`;
}

function tableOf(bugs: readonly Bug[]): string {
  const rows = bugs.map(
    ({ number, path, symptom, seen, caughtBy }) =>
      `| [${number}](patches/${basename(path)}) | ${cell(symptom)} | ${seen === undefined ? "" : linkTo(seen)} | ${caughtBy
        .map(({ file, title }) => `[${basename(file)}](../../${file}): ${cell(title)}`)
        .join("<br>")} |`,
  );
  return ["| | bug | seen in | caught by |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

/** `owner/name#number` as a link; GitHub finds pull requests by it, too. */
function linkTo(seen: string): string {
  return seen.replace(/([\w.-]+\/[\w.-]+)#(\d+)/g, "[$1#$2](https://github.com/$1/issues/$2)");
}

function cell(text: string): string {
  return text.replaceAll("|", String.raw`\|`).replaceAll("<", "&lt;");
}
