import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** A part of a cell that is wrapped and coloured on its own. */
interface Paragraph {
  readonly text: string;
  readonly style?: Style;
}

export type Cell = readonly Paragraph[];

interface Line {
  readonly text: string;
  readonly style: Style | undefined;
}

/** In characters. Below this, three columns would break words, so cells are stacked. */
const narrowestTable = 96;

/**
 * Lays out rows in columns of these relative widths, wrapped at words, within `width` characters. On a narrow terminal the
 * cells of a row are stacked, each under its column's header.
 */
export function renderTable(
  rows: readonly (readonly Cell[])[],
  shares: readonly number[],
  width: number,
): string {
  if (width < narrowestTable) return renderStacked(rows, width);
  const separator = " │ ";
  const space = width - separator.length * (shares.length - 1);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const widths = shares.map((share) => Math.floor((space * share) / total));
  const rule = widths.map((columnWidth) => "─".repeat(columnWidth)).join("─┼─");
  return rows.map((cells) => renderRow(cells, widths, separator)).join(`\n${rule}\n`);
}

function renderStacked([header = [], ...rows]: readonly (readonly Cell[])[], width: number): string {
  const renderCell = (cell: Cell): string =>
    cell
      .flatMap(({ text, style }) => wrap(text, width).map((line) => renderLine({ text: line, style }, 0)))
      .join("\n");
  return rows
    .map((cells) =>
      cells
        .map((cell, column) =>
          column === 0 ? renderCell(cell) : `${renderCell(header[column] ?? [])}\n${renderCell(cell)}`,
        )
        .join("\n"),
    )
    .join(`\n${"─".repeat(width)}\n`);
}

function renderRow(cells: readonly Cell[], widths: readonly number[], separator: string): string {
  const columns = widths.map((width, column) =>
    (cells[column] ?? []).flatMap(({ text, style }) =>
      wrap(text, width).map((line) => ({ text: line, style })),
    ),
  );
  const height = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    columns.map((lines, column) => renderLine(lines[row], widths[column] ?? 0)).join(separator),
  ).join("\n");
}

function renderLine(line: Line | undefined, width: number): string {
  const padded = (line?.text ?? "").padEnd(width);
  return line?.style === undefined ? padded : styleText(line.style, padded);
}

/** Lines of at most `width` characters; only a word that is longer than a line is broken. */
export function wrap(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines = [""];
    const words = paragraph.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${width}}`, "gu")) ?? []);
    for (const word of words) {
      const last = lines.at(-1) ?? "";
      if (last === "") lines[lines.length - 1] = word;
      else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
