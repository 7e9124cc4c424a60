const SHOWN_BYTES = 4096;

/** An input that broke a target. */
export class Crash extends Error {
  override readonly name = "Crash";
  readonly input: Buffer;

  constructor(target: string, input: Buffer, cause: unknown) {
    const shown = JSON.stringify(input.toString("latin1", 0, SHOWN_BYTES));
    super(`${target} broke at the input ${shown} (latin1): ${String(cause)}`, { cause });
    this.input = input;
  }
}
