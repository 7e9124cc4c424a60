import type { PinFinding, PinReport } from "./find-pins.js";

/** The report as text: a line for each finding, and the remedy below the first finding of each kind. */
export function formatPins({ findings, files, unreadable }: PinReport): string {
  const explained = new Set<string>();
  const lines = findings.flatMap((finding) => {
    const line = lineOf(finding);
    if (explained.has(finding.kind)) return [line];
    explained.add(finding.kind);
    return [line, `  ${finding.remedy}`];
  });
  for (const { file, reason } of unreadable) lines.push(`${file}: not read: ${reason}`);
  const pinning = findings.filter(({ pins }) => pins).length;
  const leaving = findings.length - pinning;
  lines.push(
    `${files} ${files === 1 ? "file" : "files"}: ${pinning} ${pinning === 1 ? "statement pins" : "statements pin"}, ${leaving} more ${leaving === 1 ? "leaves" : "leave"} session state.`,
  );
  return `${lines.join("\n")}\n`;
}

function lineOf({ file, line, column, kind, pins }: PinFinding): string {
  return `${file}:${line}:${column}: ${pins ? "pins" : "leaves session state"} (${kind})`;
}
