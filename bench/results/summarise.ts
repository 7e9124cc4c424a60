import { type Group, ours } from "../contenders.js";
import type { Measurements } from "../measure-group.js";
import type { ColdStartParts } from "../measures/cold-start.js";
import { pairwiseRatios, type Quartiles, quantile, quartiles } from "../statistics.js";

/** A time and its ratio to the limit's, which is missing if the limit has no such time. */
export interface Figure {
  readonly ms: Quartiles;
  readonly ratio?: Quartiles;
}

export interface ContenderResult {
  readonly name: string;
  readonly isOurs: boolean;
  readonly bundle: { readonly eagerBytes: number; readonly totalBytes: number };
  readonly cold: Figure | undefined;
  readonly coldParts: ColdStartParts | undefined;
  readonly warm: Figure | undefined;
  readonly warmP99: Figure | undefined;
  /** Medians with a millisecond of added round trip. */
  readonly warmAtDistance: Figure | undefined;
  readonly thaw: Figure | undefined;
  /** Invocations that failed after a thaw, per thaw. */
  readonly failuresPerThaw: number | undefined;
  readonly residentBytes: number | undefined;
  readonly heapGrowthBytes: number | undefined;
  /** The errors of measurements and of failed invocations. */
  readonly errors: readonly string[];
}

export interface GroupResult {
  readonly name: string;
  readonly engine: Group["engine"];
  /** The contender that ratios refer to. */
  readonly limit: string;
  readonly contenders: readonly ContenderResult[];
}

export function summarise(group: Group, measured: readonly Measurements[]): GroupResult {
  const [limit] = measured;
  if (!limit) throw new Error(`${group.name} has no contenders`);
  return {
    name: group.name,
    engine: group.engine,
    limit: limit.side.contender.name,
    contenders: measured.map((each) => summariseContender(each, limit)),
  };
}

function summariseContender(measured: Measurements, limit: Measurements): ContenderResult {
  const { side, thaw, memory, errors } = measured;
  const { eagerBytes, totalBytes } = side.bundle;
  const figure = (pick: (from: Measurements) => readonly (number | undefined)[]): Figure | undefined =>
    figureOf(pick(measured), pick(limit));
  const thaws = thaw.filter((each) => each !== undefined);
  const failures = thaws.flatMap((each) => each.failures);
  return {
    name: side.contender.name,
    isOurs: side.contender.name.startsWith(ours),
    bundle: { eagerBytes, totalBytes },
    cold: figure(({ coldMs }) => coldMs),
    coldParts: medianParts(measured.parts.filter((each) => each !== undefined)),
    warm: figure(({ warm }) => warm.map((each) => each?.median)),
    warmP99: figure(({ warm }) => warm.map((each) => each?.p99)),
    warmAtDistance: figure(({ warmAtDistance }) => warmAtDistance.map((each) => each?.median)),
    thaw: figure((from) => from.thaw.map((each) => each?.durationMs)),
    failuresPerThaw: thaws.length === 0 ? undefined : failures.length / thaws.length,
    residentBytes: medianOf(memory.map((each) => each?.residentBytes)),
    heapGrowthBytes: medianOf(memory.map((each) => each?.heapGrowthBytes)),
    errors: [...new Set([...errors, ...failures])],
  };
}

function figureOf(
  values: readonly (number | undefined)[],
  limits: readonly (number | undefined)[],
): Figure | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  const ratios = pairwiseRatios(values, limits);
  return { ms: quartiles(known), ...(ratios.length > 0 && { ratio: quartiles(ratios) }) };
}

function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : quantile(known, 0.5);
}

function medianParts(parts: readonly ColdStartParts[]): ColdStartParts | undefined {
  if (parts.length === 0) return undefined;
  const median = (name: keyof ColdStartParts): number =>
    quantile(
      parts.map((each) => each[name]),
      0.5,
    );
  return {
    boot: median("boot"),
    load: median("load"),
    connect: median("connect"),
    sign: median("sign"),
    query: median("query"),
  };
}
