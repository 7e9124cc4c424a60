import type { ChaosReport } from "./run-chaos.js";

const SHOWN_VIOLATIONS = 40;

/** A run as tables for people; the machine-readable report is the object itself. */
export function printReport({
  errors,
  faults,
  commitsLost,
  counts,
  violations,
  ...totals
}: ChaosReport): void {
  console.log();
  printTable("the run", totals);
  printTable("its transactions", counts);
  printTable("what went wrong", faults);
  printTable("commits without a reply", commitsLost);
  printTable("what invocations failed with", errors);
  console.log(violations.length === 0 ? "Everything is as promised.\n" : "NOT AS PROMISED:");
  for (const violation of violations.slice(0, SHOWN_VIOLATIONS)) console.log(`- ${violation}`);
  if (violations.length > SHOWN_VIOLATIONS)
    console.log(`and ${violations.length - SHOWN_VIOLATIONS} more, which the report has`);
}

function printTable(title: string, rows: Readonly<Record<string, string | number | boolean>>): void {
  const width = Math.max(0, ...Object.keys(rows).map((name) => name.length));
  console.log(title);
  for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(width)}  ${value}`);
  console.log();
}
