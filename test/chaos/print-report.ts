import type { ChaosReport } from "./run-chaos.js";

/** A run as tables for people; the machine-readable report is the object itself. */
export function printReport({ errors, faults, violations, ...totals }: ChaosReport): void {
  console.log();
  printTable("the run", totals);
  printTable("what went wrong", faults);
  printTable("what invocations failed with", errors);
  console.log(violations.length === 0 ? "The books are in order.\n" : "NOT AS PROMISED:");
  for (const violation of violations) console.log(`- ${violation}`);
}

function printTable(title: string, rows: Readonly<Record<string, string | number>>): void {
  const width = Math.max(0, ...Object.keys(rows).map((name) => name.length));
  console.log(title);
  for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(width)}  ${value}`);
  console.log();
}
