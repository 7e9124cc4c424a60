/** A token that the benchmark signed beforehand, for the limit, which neither signs nor loads a signer. */
export const readyToken: string = process.env["BENCH_READY_TOKEN"] ?? "";
