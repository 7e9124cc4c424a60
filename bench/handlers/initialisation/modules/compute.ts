/** The number of modules that compute. */
const parts = 8;
const shareMs = Number(process.env["BENCH_INITIALISATION_MS"]) / parts;

/** Blocks the process for this module's share of the time, as modules do that build tables or parse schemas. */
export function compute(): void {
  const end = performance.now() + shareMs;
  while (performance.now() < end);
}
