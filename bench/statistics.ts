/** The middle of many measurements, and how far they spread. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** The value that a share of all is not greater than; interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new Error("no values, so no quantile");
  return below + (above - below) * (position - Math.floor(position));
}

export function quartiles(values: readonly number[]): Quartiles {
  return { lower: quantile(values, 0.25), median: quantile(values, 0.5), upper: quantile(values, 0.75) };
}

/**
 * How many times as much as the limit, measured pair by pair: both values of a pair come from the same round, so that
 * what slows the whole machine for a while slows both. A round in which either failed gives no pair.
 */
export function pairwiseRatios(
  values: readonly (number | undefined)[],
  limits: readonly (number | undefined)[],
): readonly number[] {
  return values.flatMap((value, round) => {
    const limit = limits[round];
    return value === undefined || limit === undefined ? [] : [value / limit];
  });
}
