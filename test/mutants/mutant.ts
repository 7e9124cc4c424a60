import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { MutantResult } from "@stryker-mutator/api/core";

/** Why a mutant outside of the sample has no result. */
export const NOT_IN_SAMPLE = "not in the sample";

/** A mutant and how it ended. */
export interface Mutant {
  /** Relative to the repository. */
  readonly file: string;
  /** 1-based. */
  readonly lineNumber: number;
  /** The text of its first line, without indentation. */
  readonly line: string;
  /** What was replaced by what, as `before → after`; of several lines the first. */
  readonly change: string;
  readonly mutator: string;
  readonly status: MutantResult["status"];
  /** The tests that noticed it. */
  readonly killedBy: readonly string[];
  /** What they said, or why there is no result; empty if there is nothing to say. */
  readonly reason: string;
}

/**
 * The mutants of a run, without those outside of its sample.
 *
 * @param root the folder that `file` is relative to
 */
export function readMutants(results: readonly MutantResult[], root: string): readonly Mutant[] {
  const sources = new Map<string, readonly string[]>();
  return results
    .filter(({ statusReason }) => statusReason !== NOT_IN_SAMPLE)
    .map((result) => {
      const { fileName } = result;
      const lines = sources.get(fileName) ?? readFileSync(fileName, "utf8").split("\n");
      sources.set(fileName, lines);
      return toMutant(result, relative(root, fileName), lines);
    });
}

function toMutant(
  {
    location: { start, end },
    replacement,
    mutatorName,
    status,
    killedBy = [],
    statusReason = "",
  }: MutantResult,
  file: string,
  lines: readonly string[],
): Mutant {
  // Lines and columns are 1-based.
  const line = lines[start.line - 1] ?? "";
  const before = line.slice(start.column - 1, end.line === start.line ? end.column - 1 : undefined);
  return {
    file,
    lineNumber: start.line,
    line: line.trim(),
    change: `${before} → ${replacement.split("\n")[0]}`,
    mutator: mutatorName,
    status,
    killedBy,
    reason: statusReason,
  };
}
