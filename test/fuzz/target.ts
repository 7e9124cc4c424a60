/** Code that reads what others write: clients, servers, or the user of an option. */
export interface Target {
  readonly name: string;
  /** Parts of the paths of its code. */
  readonly covers: readonly [string, ...string[]];
  readonly seeds: readonly Buffer[];
  /** Whether the input as a whole is read from start to end, so that one of twice the length takes twice the steps. */
  readonly isLinear: boolean;
  /** Reads the input; throws where the code breaks a promise. */
  feed(input: Buffer): void | Promise<void>;
}

/** Throws `error` again unless it is of a kind that the code promises. */
export function rethrowUnless(
  error: unknown,
  ...expected: readonly (abstract new (
    ...args: never[]
  ) => Error)[]
): void {
  if (!expected.some((kind) => error instanceof kind)) throw error;
}

/** The input in two pieces, which a reader of a stream must read like one. */
export function inPieces(input: Buffer): readonly Buffer[] {
  const middle = input.length >> 1;
  return [input.subarray(0, middle), input.subarray(middle)];
}

export function texts(...seeds: readonly string[]): Buffer[] {
  return seeds.map((seed) => Buffer.from(seed));
}
