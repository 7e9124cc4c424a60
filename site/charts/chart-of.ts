/** The names of the pictures in docs/benchmarks that have a chart. */
const benchmark =
  /^docs\/benchmarks\/(cold|cold-parts|warm|warm-p99|warm-at-distance|thaw|bundle|memory|scale-(?:throughput|p50|p99|errors))\.svg$/;

/** The component in place of a picture in the repository, as its tag. */
export function chartOf(picture: string): string | undefined {
  const [, name] = benchmark.exec(picture) ?? [];
  if (name) return `<MeasuredChart name="${name}" />`;
  const [, engine] = /^docs\/storm\/(postgres|mysql)\.svg$/.exec(picture) ?? [];
  return engine && `<StormCharts engine="${engine}" />`;
}
