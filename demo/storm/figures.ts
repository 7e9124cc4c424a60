import type { StormConditions, StormResult } from "./result.js";

/** The numbers behind the picture. */
export interface StormFigures extends StormConditions {
  readonly contenders: readonly ContenderFigures[];
}

interface ContenderFigures {
  readonly name: string;
  readonly answered: number;
  readonly failed: number;
  /** Undefined where the percentile is a failed invocation. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** Sessions on the server, over the time in seconds. */
  readonly connections: readonly (readonly [seconds: number, sessions: number])[];
}

export function stormFigures(results: readonly StormResult[], conditions: StormConditions): StormFigures {
  return {
    ...conditions,
    contenders: results.map(({ contender, tally, samples }) => ({
      name: contender.name,
      answered: tally.answered,
      failed: tally.failed,
      p50Ms: answerTime(tally.p50Ms),
      p99Ms: answerTime(tally.p99Ms),
      connections: samples.map(({ atMs, connections }) => [Math.round(atMs / 10) / 100, connections]),
    })),
  };
}

function answerTime(ms: number): number | undefined {
  return Number.isFinite(ms) ? Math.round(ms) : undefined;
}
