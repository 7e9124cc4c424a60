/** The median of measurements and their spread. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** The value at or below which a share of the values lies, interpolated between neighbours. */
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
 * Ratios to the limit, pair by pair. Both values of a pair come from the same round, so that a slow phase of the machine affects
 * both. A round in which one of the two failed gives no pair.
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
