import { slug } from "github-slugger";
import type { Table, TableCell } from "mdast";
import { toString as textOf } from "mdast-util-to-string";
import { visit } from "unist-util-visit";
import { type Page, sectionOf } from "./markdown.js";

/** A row of the table of codes in docs/errors.md, as plain text. */
export interface ErrorCode {
  readonly code: string;
  readonly meaning: string;
  readonly retried: string;
  readonly remedy: string;
}

/** A row of a table in docs/troubleshooting.md, as plain text. */
export interface ErrorText {
  /** Texts of errors; `...` stands for any text. */
  readonly texts: readonly string[];
  readonly cause: string;
  readonly remedy: string;
  /** The heading above the table. */
  readonly section: string;
  readonly anchor: string;
}

export function errorCodes(page: Page): readonly ErrorCode[] {
  const table = page.tree.children.find((node) => node.type === "table");
  if (!table) throw new Error(`${page.path} has no table`);
  return rowsOf(table, 4, page).map((cells) => {
    const [code = "", meaning = "", retried = "", remedy = ""] = cells.map((cell) => textOf(cell));
    return { code, meaning, retried, remedy };
  });
}

export function errorTexts(page: Page): readonly ErrorText[] {
  const headings = page.tree.children.filter((node) => node.type === "heading" && node.depth === 2);
  return headings
    .map((heading) => textOf(heading))
    .flatMap((section) =>
      sectionOf(page, section)
        .filter((node) => node.type === "table")
        .flatMap((table) => rowsOf(table, 3, page))
        .map(([text, cause, remedy]) => ({
          texts: text ? codeIn(text) : [],
          cause: textOf(cause),
          remedy: textOf(remedy),
          section,
          anchor: slug(section),
        }))
        // Such as "the same, but only after 15 minutes".
        .filter(({ texts }) => texts.length > 0),
    );
}

function rowsOf({ children: [, ...rows] }: Table, columns: number, { path }: Page): readonly TableCell[][] {
  for (const { children, position } of rows) {
    if (children.length === columns) continue;
    throw new Error(
      `${path}, line ${position?.start.line}: expected ${columns} columns, found ${children.length}`,
    );
  }
  return rows.map(({ children }) => children);
}

function codeIn(cell: TableCell): readonly string[] {
  const found: string[] = [];
  visit(cell, "inlineCode", ({ value }) => {
    found.push(value);
  });
  return found;
}
